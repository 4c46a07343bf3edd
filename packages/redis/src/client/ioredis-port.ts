import type { Cluster, Redis } from 'ioredis'
import type { Call, ClientPort } from './client-port.ts'

/** The part of the driver's command that the store uses. */
interface DriverCommand {
  args: readonly string[]
  resolve(value: unknown): void
  reject(error: Error): void
  transformReply(value: unknown): unknown
  toWritable(socket: object): string | Buffer
}
type DriverCommandClass = new (
  name: string,
  args: readonly string[],
  options: { readonly replyEncoding: 'utf8' },
) => DriverCommand

/**
 * A client of ioredis that belongs to the store. Commands are made here and handed to `sendCommand`: the shortest way, and
 * the one on which each tells when and on what it is written.
 */
export class IoredisPort implements ClientPort {
  readonly isCluster: boolean
  readonly #client: Redis | Cluster
  readonly #isGone: () => boolean
  #Command: ReturnType<typeof singleCommand> | null = null
  #connecting: Promise<void> | null = null

  /** `isGone`: whether the client that this one was made from has been closed. */
  constructor(client: Redis | Cluster, isGone: () => boolean = () => false) {
    this.#client = client
    this.#isGone = isGone
    this.isCluster = client.isCluster
    // Each failed call is told to its caller; with nobody listening ioredis would print the error too.
    client.on('error', (error: Error) => {
      // ioredis 5 would go on with database 0.
      if (isDatabaseError(error) && !this.isCluster) client.disconnect(true)
    })
  }

  get address(): string {
    const { options } = this.#client
    if ('path' in options && options.path) return options.path
    const [endpoint] = 'nodes' in this.#client ? startupNodes(this.#client) : ((options as RedisPlace).sentinels ?? [])
    const { host = 'localhost', port = 6379 } = endpoint ?? (options as RedisPlace)
    return `${host}:${port}`
  }

  get database(): number | undefined {
    return (this.#client.options as { db?: number }).db || undefined
  }

  get isReady(): boolean {
    const client = this.#client
    return client.status === 'ready' && (client.isCluster || (client as Redis).stream.writable)
  }

  connected(): Promise<void> {
    if (this.#isGone()) return Promise.reject(closed())
    this.#connecting ??= whenReady(this.#client).finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  send(call: Call): void {
    this.#Command ??= singleCommand(commandClassOf(this.#client))
    const command = new this.#Command(call)
    void this.#client.sendCommand(command as never)
    if (this.isCluster) neverAgain(command, call)
  }

  giveUp({ socket }: Call): void {
    socket?.destroy(new Error('Socket timeout'))
  }

  reconnect(): void {
    if (!this.isCluster && this.isReady) this.#client.disconnect(true)
  }

  close(): void {
    this.#client.disconnect()
  }
}

interface RedisPlace {
  readonly host?: string
  readonly port?: number
  readonly sentinels?: readonly { readonly host?: string; readonly port?: number }[]
}

function startupNodes(cluster: Cluster): readonly { host?: string; port?: number }[] {
  const { startupNodes = [] } = cluster as unknown as { startupNodes?: readonly (string | number | object)[] }
  return startupNodes.map((node) =>
    typeof node === 'object' ? node : typeof node === 'number' ? { port: node } : { host: node },
  )
}

/** The class of the very copy of ioredis that the client is of, which no client names: it hands its commands to `sendCommand`. */
function commandClassOf(client: Redis | Cluster): DriverCommandClass {
  let command: object = {}
  const sendCommand = (given: object) => {
    command = given
  }
  const ping = client.ping as unknown as (this: object) => void
  ping.call({ options: {}, sendCommand })
  return command.constructor as DriverCommandClass
}

const classes = new WeakMap<DriverCommandClass, ReturnType<typeof makeSingleCommand>>()

function singleCommand(Base: DriverCommandClass): ReturnType<typeof makeSingleCommand> {
  const made = classes.get(Base) ?? makeSingleCommand(Base)
  classes.set(Base, made)
  return made
}

const none: readonly string[] = []
const harmless = '*1\r\n$4\r\nPING\r\n'

function makeSingleCommand(Base: DriverCommandClass) {
  class SingleCommand extends Base {
    readonly call: Call

    constructor(call: Call) {
      super(call.command, none, { replyEncoding: 'utf8' })
      // Not by the constructor, which copies them twice.
      this.args = call.args
      this.call = call
      this.resolve = (value) => call.answer(this.transformReply(value))
      this.reject = (error) => call.fail(error)
    }

    override toWritable(socket: object): string | Buffer {
      const { call } = this
      // A command that nobody waits for must have no effect, and the driver expects one answer.
      if (!call.mayBeWritten()) return harmless
      call.isWritten = true
      call.socket = socket as Call['socket']
      return super.toWritable(socket)
    }
  }
  // The call has a promise already.
  Object.defineProperty(SingleCommand.prototype, 'initPromise', { value() {} })
  return SingleCommand
}

/** A Cluster client sends again what a connection took with it: good for what was not written, and for nothing else. */
function neverAgain(command: DriverCommand, call: Call): void {
  const { reject } = command
  command.reject = (error) => {
    if (call.isWritten && error.message === closed().message) {
      call.fail(error)
    } else {
      // The node has refused it unrun, and named another one.
      call.isWritten = false
      reject.call(command, error)
    }
  }
}

function closed(): Error {
  return new Error('Connection is closed.')
}

function isDatabaseError({ message }: Error): boolean {
  return message.includes('DB index') || message.includes('SELECT')
}

/** Resolves when the client is connected; rejects when an attempt to connect fails, with the first reason. */
function whenReady(client: Redis | Cluster): Promise<void> {
  return new Promise((resolve, reject) => {
    // The end of a connection that was there before says nothing about the next one.
    let isTrying = client.status === 'connecting' || client.status === 'connect'
    let reason: unknown
    const settle = (finish: () => void) => {
      client
        .off('error', onError)
        .off('ready', onReady)
        .off('connecting', onTry)
        .off('close', onClose)
        .off('end', onEnd)
      finish()
    }
    const onTry = () => {
      isTrying = true
      reason = undefined
    }
    const onError = (error: unknown) => {
      reason ??= error
      // No close comes of this: the sentinels are asked again, and again.
      if (String(error).includes('All sentinels are unreachable')) onEnd()
    }
    // An error before it means that ioredis has given in: a database that cannot be selected.
    const onReady = () => settle(() => (reason === undefined ? resolve() : reject(reason)))
    const onEnd = () => settle(() => reject(reason ?? closed()))
    const onClose = () => {
      if (isTrying) onEnd()
      else reason = undefined
    }
    client.on('error', onError).on('ready', onReady).on('connecting', onTry).on('close', onClose)
    // Any other state leads to one of the events by itself.
    if (client.status === 'wait' || client.status === 'end') client.connect().catch(onError)
    client.on('end', onEnd)
  })
}
