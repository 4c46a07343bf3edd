import { SessionError } from '@sess/core'
import { runAsync, type SqlCall, type SqlDriver, type SqlWork } from '@sess/core/sql'
import type { PoolConnection } from 'mysql2'
import { faultOf, isConnectionDone, mysqlError, toSessionError } from './errors.ts'
import { execute, type Limits, sendCommand } from './execute.ts'
import { drop, type PoolSource } from './pool.ts'
import { refuseOldServer } from './server-version.ts'

export interface MysqlDriverOptions {
  readonly source: PoolSource
  /** The most milliseconds that a connection, and then the answer to its work, is waited for. */
  readonly timeoutMs: number
}

/** A migration waits for those of other processes, and rewrites tables. */
const exclusiveLimitMs = 60_000

/** The SQL port on mysql2. A connection that does not answer in time is dropped, and so makes room in its pool. */
export class MysqlDriver implements SqlDriver {
  readonly #source: PoolSource
  readonly #timeoutMs: number
  #limits: Limits = { maxPacketBytes: Number.POSITIVE_INFINITY }
  #autocommit = true
  readonly fault = faultOf
  readonly toSessionError = toSessionError

  constructor({ source, timeoutMs }: MysqlDriverOptions) {
    this.#source = source
    this.#timeoutMs = timeoutMs
  }

  async open(): Promise<void> {
    const { rows } = await this.#use((connection) => execute(connection, serverSettings, this.#limits))
    const [version, maxPacketBytes, autocommit, database] = rows[0] ?? []
    refuseOldServer(String(version))
    if (database === null) throw mysqlError('ER_NO_DB_ERROR', 'the connection has no database')
    this.#limits = { maxPacketBytes: Number(maxPacketBytes) }
    this.#autocommit = Number(autocommit) === 1
  }

  run<T>(work: () => SqlWork<T>): Promise<T> {
    // Without autocommit a statement would open a transaction that nobody ends.
    return this.#autocommit ? this.#use((connection) => this.#carryOut(connection, work)) : this.transaction(work)
  }

  transaction<T>(work: () => SqlWork<T>): Promise<T> {
    return this.#use(async (connection) => {
      // Locks on what is not there (gap locks) would make deadlocks of writers that have nothing in common.
      if (!this.#source.readCommitted) {
        await sendCommand(connection, 'set transaction isolation level read committed')
      }
      await sendCommand(connection, 'start transaction')
      try {
        const result = await this.#carryOut(connection, work)
        await sendCommand(connection, 'commit')
        return result
      } catch (error) {
        if (!isConnectionDone(error)) await sendCommand(connection, 'rollback').catch(() => drop(connection))
        throw error
      }
    })
  }

  /** Under a named lock, as DDL commits by itself. It is this database's own, and ends with the connection. */
  exclusive<T>(work: () => SqlWork<T>): Promise<T> {
    return this.#use(async (connection) => {
      const { rows } = await execute(connection, lock, this.#limits)
      if (Number(rows[0]?.[0]) !== 1) throw mysqlError('ER_LOCK_WAIT_TIMEOUT', 'another process is migrating')
      try {
        return await this.#carryOut(connection, work)
      } finally {
        await execute(connection, unlock, this.#limits)
        if (!this.#autocommit) await sendCommand(connection, 'commit')
      }
    }, exclusiveLimitMs)
  }

  async ping(): Promise<void> {
    await this.#use((connection) => sendCommand(connection, 'do 0'))
  }

  close(): Promise<void> {
    return this.#source.end()
  }

  #carryOut<T>(connection: PoolConnection, work: () => SqlWork<T>): Promise<T> {
    return runAsync(work(), (call) => execute(connection, call, this.#limits))
  }

  /** Does something with a connection of its own, within the limit; else the connection is dropped. */
  #use<T>(work: (connection: PoolConnection) => Promise<T>, limitMs = this.#timeoutMs): Promise<T> {
    return new Promise((resolve, reject) => {
      let used: PoolConnection | undefined
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        if (used !== undefined) drop(used)
        reject(late(limitMs))
      }, limitMs).unref()
      this.#source.pool.getConnection((error, connection) => {
        if (error) {
          clearTimeout(timer)
          return reject(error)
        }
        listen(connection)
        if (isLate) return connection.release()
        used = connection
        work(connection).then(
          (result) => {
            clearTimeout(timer)
            if (!isLate) connection.release()
            resolve(result)
          },
          (failure) => {
            clearTimeout(timer)
            if (!isLate) isConnectionDone(failure) ? drop(connection) : connection.release()
            reject(failure)
          },
        )
      })
    })
  }
}

const heard = new WeakSet<PoolConnection>()

/** mysql2 listens for one error of a pooled connection; a further one would end the process. */
function listen(connection: PoolConnection): void {
  if (heard.has(connection)) return
  heard.add(connection)
  connection.on('error', () => {})
}

const serverSettings = select('select version(), @@max_allowed_packet, @@autocommit, database()')
/** MySQL 9 has no MD5 or SHA1 any more, and the name of a lock has 64 characters at most. */
const lockName = `concat('sess:', left(sha2(database(), 256), 40))`
const lock = select(`select get_lock(${lockName}, ${exclusiveLimitMs / 1000 - 10})`)
const unlock = select(`select release_lock(${lockName})`)

function select(text: string): SqlCall {
  return { statement: { text, parameters: [], returnsRows: true }, values: [] }
}

function late(limitMs: number): SessionError {
  return new SessionError('SESS_TIMEOUT', `MySQL did not answer within ${limitMs} ms`)
}
