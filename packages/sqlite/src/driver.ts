import { SessionError } from '@sess/core'
import { runSync, type SqlCall, type SqlDriver, type SqlResult, type SqlStatement, type SqlWork } from '@sess/core/sql'
import type BetterSqlite3 from 'better-sqlite3'
import { faultOf, isOfOneRow, toSessionError } from './errors.ts'
import { whenUnlocked } from './lock-wait.ts'

type Database = BetterSqlite3.Database

const [begin, commit, rollback] = ['begin immediate', 'commit', 'rollback'].map(
  (text): SqlCall => ({ statement: { text, parameters: [], returnsRows: false }, values: [] }),
) as [SqlCall, SqlCall, SqlCall]

export interface SqliteDriverOptions {
  /** Opens the file; called again after a failure. */
  readonly connect: () => Database | Promise<Database>
  /** Whether `close` closes the database. */
  readonly owned: boolean
  /** The most milliseconds to wait for a lock. */
  readonly busyTimeoutMs: number
}

/** The SQL port on better-sqlite3, which blocks: each piece of work runs to its end in one go, so none sees another's. */
export class SqliteDriver implements SqlDriver {
  readonly #options: SqliteDriverOptions
  #database: Database | null = null
  #prepared = new WeakMap<SqlStatement, BetterSqlite3.Statement>()
  readonly fault = faultOf
  readonly toSessionError = toSessionError

  constructor(options: SqliteDriverOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    this.#database ??= await this.#options.connect()
  }

  run<T>(work: () => SqlWork<T>): T | Promise<T> {
    return this.#unlocked(() => runSync(work(), (call) => this.#execute(call)))
  }

  transaction<T>(work: () => SqlWork<T>): T | Promise<T> {
    return this.#unlocked((database) => {
      this.#execute(begin)
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
    return this.#unlocked((database) => {
      // `select 1` would not look at the file.
      database.prepare('select 1 from sqlite_schema limit 1').get()
    })
  }

  close(): void {
    if (this.#options.owned) this.#database?.close()
    this.#database = null
  }

  #unlocked<T>(attempt: (database: Database) => T): T | Promise<T> {
    const database = this.#opened
    const alone = () => {
      // What ran now would be part of it, and be undone with it.
      if (database.inTransaction) throw sqliteError('SQLITE_BUSY', 'the owner of the database has a transaction open')
      return attempt(database)
    }
    return whenUnlocked(alone, this.#options.busyTimeoutMs)
  }

  get #opened(): Database {
    if (this.#database === null) throw new SessionError('SESS_UNAVAILABLE', 'SQLite: the database is not open')
    return this.#database
  }

  #executeWithin(database: Database, call: SqlCall): SqlResult {
    try {
      return this.#execute(call)
    } catch (error) {
      // A trigger can refuse a row by ending the transaction: then no other row is written either.
      if (!isOfOneRow(error) || database.inTransaction) throw error
      throw sqliteError('SQLITE_ABORT_ROLLBACK', 'a statement ended the transaction')
    }
  }

  #execute({ statement, values }: SqlCall): SqlResult {
    const prepared = this.#prepare(statement)
    if (!statement.returnsRows) return { rows: [], affected: prepared.run(values).changes }
    const rows = prepared.all(values) as unknown[][]
    return { rows, affected: rows.length }
  }

  #prepare(statement: SqlStatement): BetterSqlite3.Statement {
    const known = this.#prepared.get(statement)
    if (known !== undefined) return known
    const prepared = this.#opened.prepare(statement.text)
    if (statement.returnsRows) prepared.raw().safeIntegers(false)
    this.#prepared.set(statement, prepared)
    return prepared
  }
}

/** An error of this file's own in the words of SQLite, so that the one table of errors has it. */
function sqliteError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
