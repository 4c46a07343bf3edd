import { Timeouts, withinTime } from '@sess/core'
import type { Call, ClientPort } from './client/client-port.ts'
import type { ClientSource } from './client/client-source.ts'
import { tellPlace } from './errors.ts'
import type { Script } from './scripts.ts'

export interface ConnectionOptions {
  readonly source: ClientSource
  /** How long connecting may take. A server that does not answer for a quarter more is given up. */
  readonly timeoutMs: number
  /** Two keys that lie in different slots of a Cluster. */
  readonly probe: readonly [string, string]
}

/**
 * A client and how it is used here: no command is given to a client that is not connected, which would keep it and might
 * send it long after its caller has been answered with an error; and none is sent twice.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #timeouts: Timeouts
  #port: ClientPort | null = null
  #opening: Promise<void> | null = null

  constructor(options: ConnectionOptions) {
    this.#options = options
    // After the callers have got their SESS_TIMEOUT.
    this.#timeouts = new Timeouts(options.timeoutMs * 1.25)
  }

  /** Known once {@link open} has resolved. */
  get isCluster(): boolean {
    return this.#port?.isCluster ?? this.#options.source.isCluster
  }

  /** Connects, and finds out what it is connected to. */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  /**
   * Runs a script and resolves with `map` of its answer. If the server has not seen the script (a restart, a failover,
   * SCRIPT FLUSH), the call is sent again with the script's source.
   */
  run<T = unknown>(
    script: Script,
    keys: readonly string[],
    args: readonly string[],
    map: Mapping<unknown, T> = asIs<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const all = [script.sha, String(keys.length), ...keys, ...args]
      const answer = (value: unknown) => resolve(map(value))
      this.#give(new OwnCall(this, 'evalsha', all, keys[0] as string, script, answer, reject))
    })
  }

  /** Resolves with `map` of the strings under the keys. MGET answers null for a key of another type, too. */
  mget<T>(keys: readonly string[], map: Mapping<readonly (string | null)[], T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = (value: unknown) => resolve(map(value as (string | null)[]))
      this.#give(new OwnCall(this, 'mget', keys, keys[0] as string, null, answer, reject))
    })
  }

  /** Reads two keys that no Cluster has in one slot: the node of one refuses that to a client of a single server. */
  async ping(): Promise<void> {
    const { probe } = this.#options
    await this.mget(this.isCluster ? probe.slice(0, 1) : probe, asIs)
  }

  /** Lets go of the client. */
  leave(): void {
    this.#options.source.release()
  }

  async #open(): Promise<void> {
    const { source } = this.#options
    if (this.#port !== null) return
    const port = await source.open()
    this.#port = port
    if (port.isCluster || source.openCluster === undefined) return
    try {
      await this.ping()
    } catch (error) {
      this.#port = null
      if (!isNodeOfCluster(error)) throw error
      this.#port = await source.openCluster()
    }
  }

  #give(call: OwnCall): void {
    if (this.#port?.isReady) this.#send(call, this.#port)
    else {
      this.#ready().then(
        (port) => this.#send(call, port),
        (error: unknown) => call.refuse(this.#placed(error)),
      )
    }
  }

  #send(call: OwnCall, port: ClientPort): void {
    call.port = port
    this.#timeouts.enter(call)
    try {
      port.send(call)
    } catch (error) {
      call.fail(error)
    }
  }

  async #ready(): Promise<ClientPort> {
    if (this.#port === null) await this.open()
    const port = this.#port as unknown as ClientPort
    if (!port.isReady) await withinTime(this.#timeouts, port.connected(), () => new Error('Connection timeout'))
    return port
  }

  /** @internal of a call: it is answered, or failed. */
  left(call: OwnCall): void {
    this.#timeouts.leave(call)
  }

  /** @internal of a call that is to be written: whether its caller may have been answered by then. */
  isStale(call: OwnCall): boolean {
    return this.#timeouts.tick - call.since >= staleTicks
  }

  /** @internal of a call that failed. */
  failed(call: OwnCall, error: unknown): void {
    const again = afterRefusal(call, error)
    if (again === undefined) {
      call.refuse(this.#placed(error))
    } else {
      if (again.wasReadOnly && !call.wasReadOnly) call.port?.reconnect()
      this.#give(again)
    }
  }

  #placed(error: unknown): unknown {
    const port = this.#port
    return port === null ? error : tellPlace(error, port)
  }
}

/** Turns an answer into the result that the caller asked for. A `then` would cost a promise for each call. */
type Mapping<A, T> = (answer: A) => T | Promise<T>

function asIs<T>(answer: unknown): T {
  return answer as T
}

/**
 * A call is stale after so many of the eight ticks in 5/4 of `timeoutMs`, that is after 25/32 of it. Its caller gets
 * SESS_TIMEOUT later, after 7/8 of it.
 */
const staleTicks = 5

/** A call of this connection. */
class OwnCall implements Call {
  since = 0
  earlier: OwnCall | null = null
  later: OwnCall | null = null
  isWritten = false
  socket: Call['socket'] = null
  isOver = false
  port: ClientPort | null = null
  /** Whether a replica has refused it before. */
  wasReadOnly = false

  readonly connection: Connection
  readonly command: Call['command']
  readonly args: readonly string[]
  readonly key: string
  readonly script: Script | null
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void

  constructor(
    connection: Connection,
    command: Call['command'],
    args: readonly string[],
    key: string,
    script: Script | null,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.connection = connection
    this.command = command
    this.args = args
    this.key = key
    this.script = script
    this.resolve = resolve
    this.reject = reject
  }

  answer(value: unknown): void {
    if (this.isOver) return
    if (!this.wasReadOnly && isRefusedByReplica(value)) {
      this.fail(new Error('READONLY'))
      return
    }
    this.isOver = true
    this.connection.left(this)
    try {
      this.resolve(value)
    } catch (error) {
      this.reject(error)
    }
  }

  fail(error: unknown): void {
    if (this.isOver) return
    this.isOver = true
    this.connection.left(this)
    this.connection.failed(this, error)
  }

  mayBeWritten(): boolean {
    if (!this.isOver && this.connection.isStale(this)) this.fail(new Error('Connection timeout'))
    return !this.isOver
  }

  refuse(error: unknown): void {
    this.isOver = true
    this.reject(error)
  }

  /** The server is silent. */
  expire(): void {
    if (this.isOver) return
    this.isOver = true
    this.port?.giveUp(this)
    this.connection.failed(this, new Error('Socket timeout'))
  }
}

/**
 * The call to send instead; undefined where the server may have run this one. It has run nothing if it does not know the
 * script, or has become a replica.
 */
function afterRefusal(call: OwnCall, error: unknown): OwnCall | undefined {
  if (!(error instanceof Error)) return undefined
  const { connection, command, args, key, script, resolve, reject } = call
  const isUnknown = command === 'evalsha' && error.message.startsWith('NOSCRIPT')
  const isReadOnly = !call.wasReadOnly && error.message.startsWith('READONLY')
  if (script === null || !(isUnknown || isReadOnly)) return undefined
  const again = isUnknown
    ? new OwnCall(connection, 'eval', [script.lua, ...args.slice(1)], key, script, resolve, reject)
    : new OwnCall(connection, command, args, key, script, resolve, reject)
  again.wasReadOnly = call.wasReadOnly || isReadOnly
  return again
}

/**
 * A script answers for each write by itself, for a failed one with a string that begins with `!`. A replica refuses all
 * writes.
 */
function isRefusedByReplica(answer: unknown): boolean {
  return Array.isArray(answer) && answer.some((reply) => typeof reply === 'string' && reply.startsWith('!READONLY'))
}

/** Whether an error is what a node of a Cluster says to a client that is none of a Cluster. */
function isNodeOfCluster(error: unknown): boolean {
  return error instanceof Error && /^(MOVED|ASK|CROSSSLOT) /.test(error.message)
}
