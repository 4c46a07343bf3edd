import type { Batching, SessionBackend } from '../store/backend.ts'
import type { SqlDialect } from './dialect.ts'
import type { SqlCall, SqlDriver, SqlResult, SqlValue, SqlWork } from './driver.ts'
import type { SqlStatement } from './fragment.ts'
import { migrateTables } from './migrate.ts'
import { byKey, sessionRecord } from './records.ts'
import { call, clock } from './statement-call.ts'
import { rowColumns, sessionStatements } from './statements.ts'
import { defaultTable, type TableNames, tableNames } from './table.ts'
import { conflictRetries, writeByKind, writeInOneTransaction } from './write-batch.ts'
import { type WriteWork, writeWork } from './write-work.ts'

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
  /** The most rows that one step of a clean-up removes. Left out: 256. */
  readonly cleanUpStep?: number | undefined
}

/**
 * The storage of sessions in an SQL database, for `createSessionStore`.
 * @throws `SESS_CONFIG` for a table name that is not a plain identifier
 */
export function createSqlBackend(options: SqlBackendOptions): SessionBackend {
  const { type, driver, dialect, table = defaultTable, migrate = true, batching, cleanUpStep } = options
  const names = tableNames(table)
  const statements = sessionStatements(dialect, names)
  const inOrder = dialect.canLockInOrder ? sessionStatements(dialect, names, true) : statements
  const work = writeWork(dialect, statements)
  const works = {
    usual: work,
    inOrder: dialect.canLockInOrder ? writeWork(dialect, inOrder) : work,
    ofOne: workOfOne(dialect, names, work),
  }
  const again = conflictRetries(driver)
  const write = dialect.writeRows.from
    ? writeByKind(driver, dialect, works, again)
    : writeInOneTransaction(driver, work)

  const once = (only: SqlCall) => driver.run(() => single(only))
  const execute = (only: SqlCall) => again(() => once(only))
  const run = (statement: SqlStatement, values: Readonly<Record<string, SqlValue>>) =>
    execute(withValues(statement, values))

  /** An engine that blocks has answered when this returns. */
  const readOne = (key: string) => {
    const recordsOf = ({ rows: [row] }: SqlResult) => [row === undefined ? null : sessionRecord(row)]
    const answer = run(statements.readOne, { key })
    return answer instanceof Promise ? answer.then(recordsOf) : recordsOf(answer)
  }
  const readMany = async (keys: readonly string[]) => {
    const rows = keys.map((key) => ({ key }))
    const result = await execute(call(statements.read, dialect.readRows, rowColumns.keys, rows))
    const found = byKey(result.rows, sessionRecord)
    return keys.map((key) => found.get(key) ?? null)
  }

  return {
    type,
    writes: ['insert', 'put', 'replace', 'compareAndSwap', 'touch', 'delete', 'rotate', 'putState', 'consumeState'],
    ...(batching && { batching }),
    ...(cleanUpStep !== undefined && { cleanUpStep }),

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
      const { rows } = await run(statements.count, clock(now))
      return Number(rows[0]?.[0])
    },
    async cleanExpired(_cursor, limit, now) {
      const sessions = await run(statements.deleteExpired, { ...clock(now), limit })
      const states = await run(statements.deleteExpiredStates, { now, limit })
      // A short page is not the last: it may lack rows that another process has locked, and may yet leave to this one.
      const isDone = sessions.affected === 0 && states.affected === 0
      return { sessions: sessions.affected, cursor: isDone ? null : 'next' }
    },
    async listByIdentity(identityKey, _cursor, _limit, now) {
      const { rows } = await run(statements.listByIdentity, { identity_key: identityKey, now })
      return { records: rows.map(sessionRecord), cursor: null }
    },
    async deleteByIdentity(identityKey, exceptKey, _cursor, _limit, now) {
      const values = { identity_key: identityKey, except: exceptKey ?? '', now }
      let ended = 0
      do {
        const { affected } = await again((lockInOrder) =>
          once(withValues((lockInOrder ? inOrder : statements).deleteByIdentity, values)),
        )
        ended += affected
      } while (dialect.deleteMissesMovedRows && (await run(statements.anyOfIdentity, values)).rows.length > 0)
      return { ended, cursor: null }
    },
    async scan(cursor, limit, now) {
      const { rows } = await run(statements.scan, { cursor: cursor ?? '', limit })
      const records = rows.map(sessionRecord)
      // Expired rows are dropped here, not in the statement: a page reads no more than `limit` rows, whatever they are.
      return {
        records: records.filter((record) => record.expiresAt > now),
        cursor: records.length < limit ? null : (records.at(-1)?.key ?? null),
      }
    },

    ping: () => driver.ping(),
    close: () => driver.close(),
    toSessionError: (error) => driver.toSessionError(error),
  }
}

function workOfOne(dialect: SqlDialect, names: TableNames, usual: WriteWork): WriteWork {
  const { oneRow } = dialect
  if (oneRow === undefined) return usual
  const alone = { ...dialect, readRows: oneRow, writeRows: oneRow }
  const work = writeWork(alone, sessionStatements(alone, names))
  // It would take every value twice, a payload too.
  const { insert, put, putState } = dialect.upsert === 'on duplicate key' ? usual : work
  return { ...work, insert, put, putState }
}

function withValues(statement: SqlStatement, values: Readonly<Record<string, SqlValue>>): SqlCall {
  return { statement, values: statement.parameters.map((name) => values[name] ?? null) }
}

function* single(only: SqlCall): SqlWork<SqlResult> {
  return yield only
}
