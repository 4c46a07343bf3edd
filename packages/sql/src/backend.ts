import { type Batching, type SessionBackend, writeKinds } from '@sess/core'
import { byKey, onlyInteger, textOf } from './answers.ts'
import { rowColumns } from './assignments.ts'
import { cleanUpOneStep, cleanUpStatements, smallerSteps } from './clean-up-steps.ts'
import { conflictRetries } from './conflict-retries.ts'
import type { SqlDialect } from './dialect.ts'
import type { SqlCall, SqlDriver, SqlResult, SqlValue, SqlWork } from './driver.ts'
import type { SqlStatement } from './fragment.ts'
import { type EndExecute, endStep, identityStatements, listStep } from './identity-steps.ts'
import { lockingStatements, loneStatements } from './locking-statements.ts'
import { lockingWork } from './locking-work.ts'
import { loneWork } from './lone-work.ts'
import { migrateTables } from './migrate.ts'
import { recordPage, sessionRecordOrError } from './records.ts'
import { returningWork } from './returning-work.ts'
import { call, clock } from './statement-call.ts'
import { readStatements, returningStatements, type Tables, tables } from './statements.ts'
import { defaultTable, type TableNames, tableNames } from './table.ts'
import { type Writers, writeByKind, writeInOneTransaction } from './write-batch.ts'

export interface SqlBackendOptions {
  /** The store's type, e.g. `'postgres'`. */
  readonly type: string
  readonly driver: SqlDriver
  readonly dialect: SqlDialect
  /** The table of the sessions; the states' is named after it. Default `'sess_sessions'`. */
  readonly table?: string | undefined
  /** Whether missing tables are created and old ones migrated at the first use. Default true. */
  readonly migrate?: boolean | undefined
  readonly batching?: Batching | undefined
  /** The most rows that one step of a clean-up removes. Left out: the dialect's. */
  readonly cleanUpStep?: number | undefined
}

/**
 * The storage of sessions in an SQL database, for `createSessionStore`.
 * @throws `SESS_CONFIG` for a table name that is not a plain identifier
 */
export function createSqlBackend(options: SqlBackendOptions): SessionBackend {
  const { type, driver, dialect, table = defaultTable, migrate = true, batching, cleanUpStep } = options
  const names = tableNames(table)
  const of = tables(dialect, names)
  const statements = readStatements(of)
  const usual = identityStatements(of)
  const inOrder = dialect.forms.lockInOrder ? identityStatements(of, true) : usual
  const cleanUp = cleanUpStatements(of)
  const inSmallerSteps = smallerSteps(driver)
  const retryOnConflict = conflictRetries(driver)
  const writers = makeWriters(driver, of, names)
  const write = dialect.writeRows.from
    ? writeByKind(driver, writers, retryOnConflict)
    : writeInOneTransaction(driver, writers.usual)

  const execute = (only: SqlCall) => retryOnConflict(() => driver.run(() => single(only)))
  const run = (statement: SqlStatement, values: Readonly<Record<string, SqlValue>>) =>
    execute(withValues(statement, values))

  /** Returns no promise where the engine blocks: it has answered by then. */
  const readOne = (key: string) => {
    const recordsOf = ({ rows }: SqlResult) => [byKey([key], rows, sessionRecordOrError).get(key) ?? null]
    const answer = run(statements.readOne, { key })
    return answer instanceof Promise ? answer.then(recordsOf) : recordsOf(answer)
  }
  const readMany = async (keys: readonly string[]) => {
    const rows = keys.map((key) => ({ key }))
    const result = await execute(call(statements.read, dialect.readRows, rowColumns.keys, rows))
    const found = byKey(keys, result.rows, sessionRecordOrError)
    return keys.map((key) => found.get(key) ?? null)
  }
  const { serverTime } = dialect
  const clockStatement = serverTime && of.query(serverTime)

  return {
    type,
    writes: writeKinds,
    cleanUpStep: cleanUpStep ?? dialect.cleanUpStep,
    ...(batching && { batching }),
    ...(clockStatement && { serverTime: async () => onlyInteger(await run(clockStatement, {})) }),

    async open() {
      await driver.open()
      await migrateTables({ driver, dialect, names, migrate })
    },
    read(keys) {
      const [only] = keys
      return keys.length === 1 && only !== undefined ? readOne(only) : readMany(keys)
    },
    write,

    async count(now) {
      return onlyInteger(await run(statements.count, clock(now)))
    },
    cleanExpired: (cursor, limit, now) =>
      inSmallerSteps(limit, (rows) => cleanUpOneStep(cleanUp, run, cursor, rows, now)),
    listByIdentity: (identityKey, cursor, limit, now) =>
      listStep(usual, run, dialect.identityPages, { identityKey, cursor, limit, now }),
    async deleteByIdentity(identityKey, exceptKey, cursor, limit, now) {
      const missesMovedRows = dialect.deleteMissesMovedRows ?? false
      const step = { identityKey, exceptKey, cursor, limit, now, missesMovedRows }
      const end: EndExecute = (name, values) =>
        retryOnConflict((lockInOrder) => {
          const only = withValues((lockInOrder ? inOrder : usual)[name], values)
          // A proxy sends a transaction to the primary. A SELECT by itself may go to a replica that lags behind.
          const looks = missesMovedRows && only.statement.returnsRows
          return looks ? driver.transaction(() => single(only)) : driver.run(() => single(only))
        })
      return endStep(end, step)
    },
    async scan(cursor, limit, now) {
      const { rows } = await run(statements.scan, { cursor: cursor ?? '', limit })
      // The statement returns expired rows too, so that a page never reads more than `limit` rows. They are dropped here.
      const page = recordPage(rows, rows.length < limit ? null : textOf(rows.at(-1)?.[0]))
      return { ...page, records: page.records.filter((record) => record instanceof Error || record.expiresAt > now) }
    },

    ping: () => driver.ping(),
    close: () => driver.close(),
    toSessionError: (error) => driver.toSessionError(error),
  }
}

/** Makes the writers of this engine: for a batch, for a batch whose rows are locked in order, and for a single write. */
function makeWriters(driver: SqlDriver, of: Tables, names: TableNames): Writers {
  const { dialect } = of
  const { oneRow, locking } = dialect
  const alone = oneRow && tables({ ...dialect, readRows: oneRow, writeRows: oneRow }, names)
  if (locking) {
    const usual = lockingWork(dialect, lockingStatements(of, locking))
    const lone = alone && loneWork(alone.dialect, loneStatements(alone, locking), (error) => driver.fault(error), usual)
    return { usual, inOrder: usual, single: lone ?? usual }
  }
  const usual = returningWork(dialect, returningStatements(of))
  return {
    usual,
    inOrder: dialect.forms.lockInOrder ? returningWork(dialect, returningStatements(of, true)) : usual,
    single: alone ? returningWork(alone.dialect, returningStatements(alone)) : usual,
  }
}

function withValues(statement: SqlStatement, values: Readonly<Record<string, SqlValue>>): SqlCall {
  return { statement, values: statement.parameters.map((name) => values[name] ?? null) }
}

function* single(only: SqlCall): SqlWork<SqlResult> {
  return yield only
}
