import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort, loopback } from './process/free-port.ts'
import type { Endpoint } from './server.ts'

export interface FaultProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** The given URL, leading through this proxy. */
  through(url: string): string
  /**
   * The network hangs: nothing more is delivered, nothing is closed, and new connections hang alike. With 'replies'
   * requests still arrive and take effect; follow it with `cut()`, and a client can not know what became of its write.
   */
  stall(what?: 'everything' | 'replies'): void
  /** Ends `stall`; what was held back is delivered. */
  resume(): void
  /** Resets every connection that there is. New ones are served. */
  cut(): void
  /** The server is down: every connection is reset, new ones are refused. */
  refuse(): Promise<void>
  /** Ends `refuse`, at the same port. */
  restore(): Promise<void>
  /** New connections lead to another server from now on, as after a failover; those that there are stay with the old one. */
  leadTo(target: Endpoint): void
  close(): Promise<void>
}

/** One client's connection, in two directions. */
interface Link {
  requests: Pipe
  replies: Pipe
}

/** Starts a TCP proxy in front of a server, with faults to order. */
export async function startProxy(to: Endpoint): Promise<FaultProxy> {
  let target = to
  const port = await freePort()
  const links = new Set<Link>()
  let stalled: 'nothing' | 'everything' | 'replies' = 'nothing'
  let server = await listen()

  function listen(): Promise<Server> {
    const listener = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect({ host: target.host, port: target.port, allowHalfOpen: true })
      const link = { requests: pipe(client, server), replies: pipe(server, client) }
      links.add(link)
      client.on('close', () => links.delete(link))
      hold(link)
    })
    listener.unref().listen(port, loopback)
    return once(listener, 'listening').then(() => listener)
  }

  function hold({ requests, replies }: Link): void {
    requests.hold(stalled === 'everything')
    replies.hold(stalled !== 'nothing')
  }

  const cut = () => {
    for (const { requests } of links) requests.from.resetAndDestroy()
  }
  const refuse = async () => {
    const closed = server.listening ? new Promise((resolve) => server.close(resolve)) : undefined
    cut()
    await closed
  }

  return {
    host: loopback,
    port,
    through: (url) => rewrite(url, port),
    stall(what = 'everything') {
      stalled = what
      for (const link of links) hold(link)
    },
    resume() {
      stalled = 'nothing'
      for (const link of links) hold(link)
    },
    cut,
    refuse,
    async restore() {
      if (!server.listening) server = await listen()
    },
    leadTo(next) {
      target = next
    },
    close: refuse,
    [Symbol.asyncDispose]: refuse,
  }
}

interface Pipe {
  readonly from: Socket
  /** While it is held, nothing is read from `from`. */
  hold(isHeld: boolean): void
}

/** Not `from.pipe(to)`: that takes up reading again by itself, when `to` has drained. */
function pipe(from: Socket, to: Socket): Pipe {
  let isHeld = false
  from.setNoDelay(true)
  from.on('data', (chunk) => {
    if (!to.write(chunk)) from.pause()
  })
  to.on('drain', () => {
    if (!isHeld) from.resume()
  })
  from.on('end', () => to.end())
  from.on('error', () => {}) // a reset is what this proxy is for; `close` follows
  from.on('close', () => {
    if (!from.readableEnded) to.destroy() // otherwise what is still on its way arrives, and then the end
  })
  return {
    from,
    hold(wanted) {
      isHeld = wanted
      if (isHeld) from.pause()
      else from.resume()
    },
  }
}

function rewrite(url: string, port: number): string {
  const rewritten = new URL(url)
  rewritten.hostname = loopback
  rewritten.port = String(port)
  return rewritten.href
}
