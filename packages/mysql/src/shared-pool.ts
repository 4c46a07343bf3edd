import { Timeouts, withinTime } from '@sess/core'
import type { Connection, ConnectionOptions, Pool, PoolConnection } from 'mysql2'
import { silent } from './errors.ts'
import { Killer } from './killer.ts'
import { type ConnectionSource, connected, cutOff, type MysqlPool, type Used } from './pool.ts'
import { type Introduction, introduce, refuseSettings } from './server-thread.ts'
import type { TimeLimit } from './time-limit.ts'

/** A pool that was handed in. It stays open, and its connections keep their settings. */
export class SharedPool implements ConnectionSource {
  readonly max: number
  readonly isOwn = false
  readonly killer: Killer
  readonly #pool: Pool
  readonly #timeouts: Timeouts
  readonly #introductions = new WeakMap<Connection, Introduction>()

  constructor(given: MysqlPool, timeoutMs: number) {
    this.#pool = ('pool' in given ? given.pool : given) as Pool
    this.#timeouts = new Timeouts(timeoutMs)
    const { connectionLimit } = this.#pool.config as { connectionLimit?: number }
    this.max = connectionLimit || Number.POSITIVE_INFINITY
    const connect = () => withinTime(this.#timeouts, this.#line(2 * timeoutMs), silent)
    this.killer = new Killer({ connect, timeoutMs })
  }

  acquire(limit: TimeLimit): Promise<Used> {
    return new Promise((resolve, reject) => {
      limit.step = { onLate: () => reject(limit.error()) }
      this.#pool.getConnection((error, connection) => {
        if (error) return reject(error)
        listen(connection)
        if (limit.isLate) return connection.release()
        const known = this.#introductions.get(connection)
        if (known !== undefined) return resolve({ connection, introduction: known })
        const onLate = () => {
          cutOff(connection)
          reject(limit.error())
        }
        limit.step = { onLate }
        this.#introduce(connection).then(resolve, reject)
      })
    })
  }

  release({ connection }: Used): void {
    ;(connection as PoolConnection).release()
  }

  drop({ connection }: Used): void {
    cutOff(connection)
  }

  refresh(): void {}

  end(): Promise<void> {
    this.killer.stop()
    return Promise.resolve()
  }

  async #introduce(connection: PoolConnection): Promise<Used> {
    let introduction: Introduction
    try {
      introduction = await introduce(connection)
    } catch (error) {
      cutOff(connection)
      throw error
    }
    try {
      refuseSettings(introduction)
    } catch (error) {
      connection.release()
      throw error
    }
    this.#introductions.set(connection, introduction)
    return { connection, introduction }
  }

  /** Opens a connection beside the pool, with the pool's options. */
  async #line(connectTimeout: number) {
    const { createConnection } = await import('mysql2')
    const connection = createConnection({ ...connectionOptionsOf(this.#pool), connectTimeout })
    try {
      await connected(connection)
      const { thread } = await introduce(connection)
      return { connection, server: thread.server }
    } catch (error) {
      cutOff(connection)
      throw error
    }
  }
}

const connectionOptions = [
  'host',
  'port',
  'localAddress',
  'socketPath',
  'user',
  'password',
  'password2',
  'password3',
  'passwordSha1',
  'database',
  'ssl',
  'stream',
  'compress',
  'authPlugins',
  'authSwitchHandler',
  'insecureAuth',
  'enableCleartextPlugin',
] as const

function connectionOptionsOf(pool: Pool): ConnectionOptions {
  const { connectionConfig } = pool.config as unknown as { connectionConfig: Record<string, unknown> }
  return Object.fromEntries(connectionOptions.map((name) => [name, connectionConfig[name]]))
}

const heard = new WeakSet<Connection>()

/** Listens for errors. mysql2 listens for one error of a pooled connection, and a second one would end the process. */
function listen(connection: Connection): void {
  if (heard.has(connection)) return
  heard.add(connection)
  connection.on('error', () => {})
}
