import { SessionError } from '@sess/core'
import { runSync, type SqlCall, type SqlDriver, type SqlResult, type SqlStatement, type SqlWork } from '@sess/sql'
import type BetterSqlite3 from 'better-sqlite3'
import { faultOf, isBusy, isOfOneRow, sqliteError, toSessionError } from './errors.ts'
import { whenUnlocked } from './lock-wait.ts'
import { OpenFile, pathOf } from './open-file.ts'

type Database = BetterSqlite3.Database

const [begin, commit, rollback] = ['begin immediate', 'commit', 'rollback'].map(
  (text): SqlCall => ({ statement: { text, parameters: [], returnsRows: false }, values: [] }),
) as [SqlCall, SqlCall, SqlCall]

/** A clean-up does not wait for a long read; the next clean-up tries again. */
const truncateWaitMs = 50

export interface SqliteDriverOptions {
  /** Opens the database; called again after a failure. */
  readonly connect: () => Database | Promise<Database>
  /** The file that `connect` opens; then `close` closes the database. Left out for a database that was handed in. */
  readonly path?: string
  /** The most milliseconds to wait for a lock. */
  readonly busyTimeoutMs: number
}

interface Prepared {
  readonly statement: BetterSqlite3.Statement
  readonly use: 'read' | 'write'
}

interface Connection {
  readonly database: Database
  readonly file: OpenFile
}

/** The SQL port on better-sqlite3. The driver blocks, so each piece of work runs to its end before another begins. */
export class SqliteDriver implements SqlDriver {
  readonly #options: SqliteDriverOptions
  #connection: Connection | null = null
  #prepared = new WeakMap<SqlStatement, Prepared>()
  readonly fault = faultOf
  readonly toSessionError = toSessionError

  constructor(options: SqliteDriverOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    if (this.#connection !== null) return
    const { path, busyTimeoutMs } = this.#options
    const database = await this.#options.connect()
    const opened = await whenUnlocked(() => pathOf(database), busyTimeoutMs)
    // The path may be a link that is changed later, but SQLite has followed it. A database in memory has no file.
    this.#connection = { database, file: new OpenFile(opened === '' ? '' : (path ?? opened)) }
  }

  run<T>(work: () => SqlWork<T>): T | Promise<T> {
    return this.#unlocked(({ file }) => runSync(work(), (call) => this.#execute(call, file)))
  }

  transaction<T>(work: () => SqlWork<T>): T | Promise<T> {
    return this.#unlocked(({ database, file }) => {
      this.#execute(begin, file)
      try {
        const result = runSync(work(), (call) => this.#executeWithin(database, call))
        this.#execute(commit)
        return result
      } finally {
        if (database.inTransaction) this.#execute(rollback)
      }
    })
  }

  exclusive<T>(work: () => SqlWork<T>): T | Promise<T> {
    return this.transaction(work)
  }

  ping(): void | Promise<void> {
    return this.#unlocked(({ database, file }) => {
      file.expectInPlace('write')
      // `select 1` would not look at the file.
      database.prepare('select 1 from sqlite_schema limit 1').get()
    })
  }

  /** Empties the write-ahead log, which still has deleted sessions when the database has none of them any more. */
  async truncateLog(): Promise<void> {
    const truncate = ({ database }: Connection) => {
      const [outcome] = database.pragma('wal_checkpoint(truncate)') as [{ busy: number }]
      if (outcome.busy !== 0) throw sqliteError('SQLITE_BUSY', 'database is locked')
    }
    try {
      await this.#unlocked(truncate, truncateWaitMs)
    } catch (error) {
      if (!isBusy(error)) throw error
    }
  }

  close(): void {
    if (this.#options.path !== undefined) this.#connection?.database.close()
    this.#connection = null
    this.#prepared = new WeakMap()
  }

  #unlocked<T>(attempt: (connection: Connection) => T, limitMs = this.#options.busyTimeoutMs): T | Promise<T> {
    const connection = this.#opened
    const alone = () => {
      // A statement would become part of that transaction, and be undone with it.
      if (connection.database.inTransaction) {
        throw sqliteError('SQLITE_BUSY', 'the owner of the database has a transaction open')
      }
      return attempt(connection)
    }
    return whenUnlocked(alone, limitMs)
  }

  get #opened(): Connection {
    if (this.#connection === null) throw new SessionError('SESS_UNAVAILABLE', 'SQLite: the database is not open')
    return this.#connection
  }

  #executeWithin(database: Database, call: SqlCall): SqlResult {
    try {
      return this.#execute(call)
    } catch (error) {
      // A trigger can refuse a row by ending the transaction. Then no other row is written either.
      if (!isOfOneRow(error) || database.inTransaction) throw error
      throw sqliteError('SQLITE_ABORT_ROLLBACK', 'a statement ended the transaction')
    }
  }

  /** `file`: the statement is the first of its work, so it first checks that the file is still in its place. */
  #execute({ statement, values }: SqlCall, file?: OpenFile): SqlResult {
    const prepared = this.#prepare(statement)
    file?.expectInPlace(prepared.use)
    if (!statement.returnsRows) return { rows: [], affected: prepared.statement.run(values).changes }
    const rows = prepared.statement.all(values) as unknown[][]
    return { rows, affected: rows.length }
  }

  #prepare(statement: SqlStatement): Prepared {
    const known = this.#prepared.get(statement)
    if (known !== undefined) return known
    const made = this.#opened.database.prepare(statement.text)
    if (statement.returnsRows) made.raw().safeIntegers(false)
    const prepared: Prepared = { statement: made, use: made.readonly ? 'read' : 'write' }
    this.#prepared.set(statement, prepared)
    return prepared
  }
}
