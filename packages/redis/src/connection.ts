import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { ClusterAddress, RedisAddress, SentinelAddress, ServerAddress } from './address.ts'
import type { Script } from './scripts.ts'

/** A client of one server (a Sentinel's master too) or of a Cluster. */
export type RedisClient = Redis | Cluster

/**
 * A client and how it is used here: no command is given to a client that is not connected, which would keep it and might
 * send it long after its caller has been answered with an error.
 */
export class Connection {
  readonly #client: RedisClient
  readonly #timeoutMs: number
  #connecting: Promise<void> | null = null
  /**
   * A client that shall not send again what was under way when its connection broke may forget it, without an answer
   * (redis/ioredis#2193): here it ends with the connection.
   */
  readonly #mayForget: boolean
  /** Gives up each call that is under way, of such a client. */
  readonly #underWay = new Set<(error: Error) => void>()
  readonly #onClose = () => {
    for (const giveUp of this.#underWay) giveUp(new Error('Connection is closed.'))
    this.#underWay.clear()
  }

  constructor(client: RedisClient, timeoutMs: number) {
    this.#client = client
    this.#timeoutMs = timeoutMs
    const { options } = client
    this.#mayForget = 'autoResendUnfulfilledCommands' in options && !options.autoResendUnfulfilledCommands
    if (this.#mayForget) client.on('close', this.#onClose)
  }

  get isCluster(): boolean {
    return this.#client.isCluster
  }

  /** Runs a script; where the server has not seen it (a restart, a failover, SCRIPT FLUSH), its text is sent along. */
  async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    try {
      return await this.#send((client) => client.evalsha(script.sha, keys.length, ...keys, ...args))
    } catch (error) {
      // Nothing has run then.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return this.#send((client) => client.eval(script.lua, keys.length, ...keys, ...args))
    }
  }

  /** The text of each key; null also for one that holds something else, as MGET does not tell. */
  mget(keys: readonly string[]): Promise<(string | null)[]> {
    return this.#send((client) => client.mget(...keys))
  }

  async ping(): Promise<void> {
    await this.#send((client) => client.ping())
  }

  /** Lets go of the client. */
  leave(): void {
    this.#client.off('close', this.#onClose)
  }

  #send<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    // A connection in good order costs a call no turn of its own.
    return this.#client.status === 'ready'
      ? this.#answerOf(command)
      : this.#connected().then(() => this.#answerOf(command))
  }

  #answerOf<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    const sent = command(this.#client)
    if (!this.#mayForget) return sent
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject)
      sent.then(
        (answer) => {
          this.#underWay.delete(reject)
          resolve(answer)
        },
        (error: unknown) => {
          this.#underWay.delete(reject)
          reject(error)
        },
      )
    })
  }

  #connected(): Promise<void> {
    this.#connecting ??= whenReady(this.#client, this.#timeoutMs).finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }
}

/**
 * A client of our own. It connects at the first use, and again by itself. What was on its way when a connection ends is
 * not sent again, and a server that stops answering is given up soon after `timeoutMs`.
 */
export function openClient(address: RedisAddress, timeoutMs: number): RedisClient {
  const client = 'nodes' in address ? openCluster(address, timeoutMs) : openOne(address, timeoutMs)
  // Each failed call is told to its caller; with nobody listening ioredis would print the error too.
  client.on('error', ({ message }) => {
    // It would go on with database 0.
    if (message.includes('DB index') || message.includes('SELECT')) client.disconnect(true)
  })
  return client
}

function openOne(address: ServerAddress | SentinelAddress, timeoutMs: number): Redis {
  const way =
    'sentinels' in address
      ? { ...address, sentinels: [...address.sentinels], sentinelCommandTimeout: timeoutMs }
      : { ...address, tls: address.tls ? {} : undefined }
  return new Redis({
    ...way,
    ...connectionOptions(timeoutMs),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(times * 20, 500),
    // A master that was made a replica: its address may lead to the new one by now.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  })
}

/** What met no connection to its node, or lost it, is sent again for some seconds: a Cluster client needs that. */
function openCluster({ nodes, ...login }: ClusterAddress, timeoutMs: number): Cluster {
  return new Cluster([...nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    slotsRefreshTimeout: timeoutMs,
    redisOptions: { ...login, ...connectionOptions(timeoutMs) },
  })
}

/** What holds for the connection to a server, wherever its address came from. */
function connectionOptions(timeoutMs: number) {
  return {
    autoResendUnfulfilledCommands: false,
    connectTimeout: timeoutMs,
    // After the callers have got their SESS_TIMEOUT. setTimeout takes no more than this maximum.
    socketTimeout: Math.min(Math.ceil(timeoutMs * 1.25), 2 ** 31 - 1),
    // A server that is still loading says so to each command; asking it with INFO would need one more right.
    enableReadyCheck: false,
  } satisfies RedisOptions
}

/** Resolves when the client is connected; rejects when it fails, with the first reason, or takes too long. */
function whenReady(client: RedisClient, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let reason: unknown
    const settle = (finish: () => void) => () => {
      clearTimeout(timer)
      client.off('error', onError).off('ready', onReady).off('close', onClose).off('end', onClose)
      finish()
    }
    const onError = (error: unknown) => {
      reason ??= error
      // No close comes of this: the sentinels are asked again, and again.
      if (String(error).includes('All sentinels are unreachable')) onClose()
    }
    // An error before it means that ioredis has given in: a database that cannot be selected.
    const onReady = settle(() => (reason === undefined ? resolve() : reject(reason)))
    const onClose = settle(() => reject(reason ?? new Error('Connection is closed.')))
    const timer = setTimeout(onClose, timeoutMs).unref()
    client.on('error', onError).on('ready', onReady).on('close', onClose).on('end', onClose)
    // Any other state leads to one of the events by itself.
    if (client.status === 'wait') client.connect().catch(onError)
    else if (client.status === 'end') onClose()
  })
}
