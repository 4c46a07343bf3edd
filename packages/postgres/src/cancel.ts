import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Timeouts, type Waiting } from '@sess/core'
import type { CancelKey } from './connection.ts'
import { socketPath, type Target } from './target.ts'

/** The target of a connection, as a cancel request needs it. */
export type CancelTarget = Pick<Target, 'host' | 'port' | 'tls'>

/** One wish for a cancel request. */
interface Wish {
  readonly targets: readonly CancelTarget[]
  /** Asked again when the request can be sent: null where there is nothing left to cancel. */
  readonly key: () => CancelKey | null
  readonly done: () => void
}

/**
 * Asks the server to cancel statements. Each request is a connection of its own. They are sent one after another, so there is
 * never more than one of them.
 */
export class Canceller {
  readonly #timeouts: Timeouts
  readonly #wishes: Wish[] = []
  #isBusy = false

  constructor(timeoutMs: number) {
    this.#timeouts = new Timeouts(timeoutMs)
  }

  /** Resolves when the server has taken the request, or when the time is over. It never rejects. */
  cancel(targets: readonly CancelTarget[], key: () => CancelKey | null): Promise<void> {
    return new Promise((done) => {
      this.#wishes.push({ targets, key, done })
      if (!this.#isBusy) void this.#grant()
    })
  }

  async #grant(): Promise<void> {
    this.#isBusy = true
    for (let wish = this.#wishes.shift(); wish !== undefined; wish = this.#wishes.shift()) {
      for (const target of wish.targets) await this.#request(target, wish.key)
      wish.done()
    }
    this.#isBusy = false
  }

  /** Sends a request. The server closes its connection when it has passed the request on. */
  #request(target: CancelTarget, key: () => CancelKey | null): Promise<void> {
    if (key() === null) return Promise.resolve()
    return new Promise((resolve) => {
      const path = socketPath(target)
      const { host, port, tls } = target
      const socket = path === null ? connectTcp({ host, port }) : connectTcp(path)
      let hasExpired = false
      const expire = () => {
        hasExpired = true
        socket.destroy()
      }
      const waiting: Waiting = { since: 0, earlier: null, later: null, expire }
      this.#timeouts.enter(waiting)
      socket.on('error', () => {})
      socket.on('close', () => {
        if (!hasExpired) this.#timeouts.leave(waiting)
        resolve()
      })
      const send = (through: Socket) => {
        const present = key()
        if (present === null) socket.destroy()
        else through.resume().write(cancelRequest(present))
      }
      if (tls === null) socket.on('connect', () => send(socket))
      else secure(socket, target, tls, send)
    })
  }
}

function secure(
  socket: Socket,
  { host }: CancelTarget,
  { options, isOptional, isDirect }: NonNullable<CancelTarget['tls']>,
  send: (through: Socket) => void,
): void {
  const begin = () => {
    const named = isIP(host) === 0 && !host.startsWith('/') ? { servername: host } : {}
    const direct = isDirect ? { ALPNProtocols: ['postgresql'] } : {}
    const through = connectTls({ ...named, ...direct, host, ...options, socket }, () => send(through))
    through.on('error', () => socket.destroy())
  }
  socket.on('connect', () => {
    if (isDirect) return begin()
    socket.write(sslRequest)
    socket.once('data', (answer) => {
      if (answer[0] === 'S'.charCodeAt(0)) begin()
      else if (isOptional) send(socket)
      else socket.destroy()
    })
  })
}

const sslRequest = words(8, 80877103)

function cancelRequest({ pid, secret }: CancelKey): Buffer {
  return words(16, 80877102, pid, secret)
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    bytes.writeInt32BE(value | 0, index * 4)
  })
  return bytes
}
