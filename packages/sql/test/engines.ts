import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { DriverFault, SessionBackend } from '@sess/core'
import { sqliteDialect } from '../../sqlite/src/dialect.ts'
import {
  createSqlBackend,
  runAsync,
  runSync,
  type SqlBackendOptions,
  type SqlCall,
  type SqlDialect,
  type SqlDriver,
  type SqlResult,
  type SqlWork,
  standardForms,
} from '../src/index.ts'

const allAtOnce: SqlDialect = {
  ...sqliteDialect,
  identityPages: { by: 'creation' },
  writeRows: sqliteDialect.readRows,
}

/**
 * The ways in which an engine that returns what it wrote can be used, on Node's own SQLite; each must have the same
 * outcomes. The others are tested on MySQL and MariaDB, by the package for them.
 */
export const dialects: Readonly<Record<string, SqlDialect>> = {
  'one statement for each row, one commit for a batch': sqliteDialect,
  'one statement for each kind, with RETURNING': allAtOnce,
  'the same with the standard forms only, the sessions of an identity by their keys': {
    ...allAtOnce,
    forms: standardForms,
    identityPages: { by: 'key' },
  },
}

export class NodeSqliteDriver implements SqlDriver {
  /** The text of every statement that was sent, and the values that went with it. */
  readonly sent: SqlCall[] = []
  readonly database: DatabaseSync
  /** What an answer is turned into before it is looked at: a driver may lose or invent something. */
  answer: (result: SqlResult, call: SqlCall) => SqlResult = (result) => result
  /** Called before a statement runs. */
  before: (call: SqlCall) => void = () => {}
  #transactions: Promise<unknown> = Promise.resolve()

  constructor(database = new DatabaseSync(':memory:')) {
    this.database = database
  }

  open(): void {}

  run<T>(work: () => SqlWork<T>): Promise<T> {
    return this.#alone(() => runAsync(work(), async (call) => this.#execute(call)))
  }

  transaction<T>(work: () => SqlWork<T>): Promise<T> {
    return this.#alone(async () => {
      this.database.exec('begin immediate')
      try {
        const result = runSync(work(), (call) => this.#execute(call))
        this.database.exec('commit')
        return result
      } catch (error) {
        this.database.exec('rollback')
        throw error
      }
    })
  }

  exclusive<T>(work: () => SqlWork<T>): Promise<T> {
    return this.transaction(work)
  }

  ping(): void {}

  close(): void {
    this.database.close()
  }

  fault(error: unknown): DriverFault | undefined {
    const { errcode, message } = error as { errcode?: number; message: string }
    if (message === 'deadlock') return 'conflict'
    if (message === 'too long') return 'late'
    if (errcode === 1555) return 'duplicate'
    return errcode !== undefined && errcode % 256 === 19 ? 'refusedRow' : undefined
  }

  toSessionError(): undefined {
    return undefined
  }

  /** There is one connection, so what takes several turns of the event loop waits for what came before. */
  #alone<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#transactions.then(run)
    this.#transactions = result.catch(() => {})
    return result
  }

  #execute(call: SqlCall): SqlResult {
    this.sent.push(call)
    this.before(call)
    const prepared = this.database.prepare(call.statement.text)
    const values = call.values as SQLInputValue[]
    if (!call.statement.returnsRows) {
      return this.answer({ rows: [], affected: Number(prepared.run(...values).changes) }, call)
    }
    prepared.setReturnArrays(true)
    const rows = prepared.all(...values) as unknown as unknown[][]
    return this.answer({ rows, affected: rows.length }, call)
  }
}

export type SqlBackend = SessionBackend &
  Required<Pick<SessionBackend, 'open' | 'count' | 'cleanExpired' | 'listByIdentity' | 'deleteByIdentity' | 'scan'>>

export async function openBackend(
  dialect: SqlDialect,
  options: Partial<SqlBackendOptions> = {},
): Promise<{ backend: SqlBackend; driver: NodeSqliteDriver }> {
  const driver = new NodeSqliteDriver()
  const backend = createSqlBackend({ type: 'test', driver, dialect, ...options }) as SqlBackend
  await backend.open()
  driver.sent.length = 0
  return { backend, driver }
}
