import type { Socket } from 'node:net'
import mysql, { type Pool, type PoolConnection } from 'mysql2'
import type { Pool as PromisePool } from 'mysql2/promise'

/** A pool of mysql2, with callbacks or with promises. */
export type MysqlPool = Pool | PromisePool

/** Where the driver gets its connections. */
export interface PoolSource {
  readonly pool: Pool
  /** Whether its connections are set to READ COMMITTED already. */
  readonly readCommitted: boolean
  /** Releases what the source opened. */
  end(): Promise<void>
}

/** A pool that was handed in. It stays open, and its connections keep their settings. */
export function sharedPool(given: MysqlPool): PoolSource {
  const pool = 'pool' in given ? given.pool : given
  return { pool, readCommitted: false, end: () => Promise.resolve() }
}

export interface OwnPoolOptions {
  readonly url: string
  /** The most connections. */
  readonly max: number
  readonly timeoutMs: number
}

/** A pool of the store's own, made at its first use. */
export class OwnPool implements PoolSource {
  readonly #options: OwnPoolOptions
  readonly #connections = new Set<PoolConnection>()
  #pool: Pool | null = null
  readonly readCommitted = true

  constructor(options: OwnPoolOptions) {
    this.#options = options
  }

  get pool(): Pool {
    this.#pool ??= this.#open()
    return this.#pool
  }

  async end(): Promise<void> {
    const pool = this.#pool
    this.#pool = null
    if (pool === null) return
    let timer: NodeJS.Timeout | undefined
    const ended = new Promise<void>((resolve) => pool.end(() => resolve()))
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.timeoutMs)
    })
    // A server that has stopped answering does not say goodbye.
    await Promise.race([ended, late])
    clearTimeout(timer)
    for (const connection of this.#connections) drop(connection)
  }

  #open(): Pool {
    const { url, max, timeoutMs } = this.#options
    const pool = mysql.createPool({ uri: url, connectionLimit: max, connectTimeout: timeoutMs })
    pool.on('connection', (connection: PoolConnection) => {
      this.#connections.add(connection)
      connection.once('end', () => this.#connections.delete(connection))
      // Sent ahead of the first statement. Where it fails, that one fails too, or the isolation stays stricter.
      connection.query('set session transaction isolation level read committed', () => {})
    })
    return pool
  }
}

/** Takes a connection out of its pool at once, its socket too: over a network that swallows everything no end arrives. */
export function drop(connection: PoolConnection): void {
  connection.destroy()
  const { stream } = connection as unknown as { stream?: Socket }
  stream?.destroy()
}
