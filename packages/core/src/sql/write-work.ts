import type { StoredTimes, WriteKind, WriteOperation, WriteResults } from '../store/backend.ts'
import type { SqlDialect, SqlRow } from './dialect.ts'
import type { SqlResult, SqlWork } from './driver.ts'
import type { SqlStatement } from './fragment.ts'
import { byKey, type StoredOutcome, sessionRow, stateRecord, stateRow, storedOutcome } from './records.ts'
import { call } from './statement-call.ts'
import { rowColumns, type SessionStatements } from './statements.ts'
import type { Column } from './table.ts'

export type Operation<Kind extends WriteKind = WriteKind> = Extract<WriteOperation, { kind: Kind }>

/** The work that writes operations of one kind (each with another key) and tells what became of each, in their order. */
export type WriteWork = {
  readonly [Kind in WriteKind]: (operations: readonly Operation<Kind>[], now: number) => SqlWork<WriteResults[Kind][]>
} & {
  /** A cheaper `replace` for a transaction, where there is one. It throws {@link notAllLive}. */
  readonly replaceLive?: WriteWork['replace']
}

/** What work throws that has to be undone and done in another way, as one of its sessions was gone. */
export const notAllLive = new Error('not all of the sessions are live')

/**
 * From how many rows on the work of a kind needs a transaction on an engine without RETURNING, so that what it reads back
 * is what it wrote.
 */
export const lockedFrom: Readonly<Partial<Record<WriteKind, number>>> = {
  insert: 1,
  replace: 1,
  compareAndSwap: 1,
  touch: 1,
  delete: 1,
  rotate: 1,
  consumeState: 1,
}

export function writeWork(dialect: SqlDialect, statements: SessionStatements): WriteWork {
  const { returning } = dialect

  const write = (statement: SqlStatement, columns: readonly Column[], rows: readonly SqlRow[], now: number) =>
    call(statement, dialect.writeRows, columns, rows, { now })
  const select = (statement: SqlStatement, keys: readonly string[]) =>
    call(
      statement,
      dialect.readRows,
      rowColumns.keys,
      keys.map((key) => ({ key })),
    )

  function* outcomesOf(keys: readonly string[]): SqlWork<Map<string, StoredOutcome>> {
    return byKey((yield select(statements.outcomes, keys)).rows, storedOutcome)
  }

  /** Tries the statements until one finds the row. More than one of them means a row at a time. */
  function* update<T extends { readonly key: string }>(
    tries: readonly SqlStatement[],
    columns: readonly Column[],
    operations: readonly T[],
    row: (operation: T) => SqlRow,
    now: number,
  ): SqlWork<SqlResult> {
    const rows = operations.map(row)
    let result: SqlResult = { rows: [], affected: 0 }
    for (const statement of tries) {
      result = yield write(statement, columns, rows, now)
      if (result.affected > 0) break
    }
    return result
  }

  /** What is stored of the rows that a write wrote; where the engine does not tell, of all that it may have written. */
  function* afterwards(result: SqlResult, keys: readonly string[]): SqlWork<Map<string, StoredOutcome>> {
    return returning ? byKey(result.rows, storedOutcome) : yield* outcomesOf(keys)
  }

  /** What is stored for the operations that wrote nothing. */
  function* othersOf<T extends Operation>(
    operations: readonly T[],
    stored: Map<string, StoredOutcome>,
    outcome: (operation: T) => unknown,
  ): SqlWork<Map<string, StoredOutcome>> {
    const rest = operations.filter((operation) => !outcome(operation))
    if (rest.length === 0) return stored
    return yield* outcomesOf(keysOf(rest))
  }

  const { replaceLive } = statements

  return {
    ...(replaceLive && {
      *replaceLive(operations, now) {
        const rows = operations.map(({ record }) => sessionRow(record))
        const { affected } = yield write(replaceLive, rowColumns.replace, rows, now)
        // A version is new with every write, so a row that was replaced has changed: it counts two, any other one or none.
        if (affected !== 2 * operations.length) throw notAllLive
        const stored = yield* outcomesOf(keysOf(operations))
        return operations.map(({ key, record }) => written(stored.get(key), record.version))
      },
    }),

    *insert(operations, now) {
      const rows = operations.map(({ record }) => sessionRow(record))
      const result = yield write(statements.insert, rowColumns.put, rows, now)
      // MySQL's count says nothing here: a row that was there counts as none, one or two.
      if (dialect.upsert === 'on conflict' && result.affected === operations.length) return operations.map(() => true)
      if (dialect.upsert === 'on conflict' && result.affected === 0) return operations.map(() => false)
      if (returning) {
        const inserted = new Set(result.rows.map(([key]) => key))
        return operations.map(({ key }) => inserted.has(key))
      }
      const stored = yield* outcomesOf(keysOf(operations))
      return operations.map(({ key, record }) => stored.get(key)?.version === record.version)
    },

    *put(operations, now) {
      yield* update(statements.put, rowColumns.put, operations, ({ record }) => sessionRow(record), now)
      return operations.map(() => true)
    },

    *replace(operations, now) {
      const row = ({ record }: Operation<'replace'>) => sessionRow(record)
      const result = yield* update(statements.replace, rowColumns.replace, operations, row, now)
      const stored = yield* afterwards(result, keysOf(operations))
      return operations.map(({ key, record }) => written(stored.get(key), record.version))
    },

    *compareAndSwap(operations, now) {
      const row = ({ record, ifVersion }: Operation<'compareAndSwap'>) => ({
        ...sessionRow(record),
        if_version: ifVersion,
      })
      const result = yield* update(statements.compareAndSwap, rowColumns.compareAndSwap, operations, row, now)
      const stored = yield* afterwards(result, keysOf(operations))
      const others = yield* othersOf(operations, stored, ({ key, record }) => written(stored.get(key), record.version))
      return operations.map(
        ({ key, record }) => written(stored.get(key), record.version) ?? conflictOrGone(others.get(key), now),
      )
    },

    *touch(operations, now) {
      const row = ({ key, expiresAt }: Operation<'touch'>) => ({ key, expires_at: expiresAt })
      const result = yield* update(statements.touch, rowColumns.touch, operations, row, now)
      if (returning) {
        const expiry = byKey(result.rows, (columns) => Number(columns[1]))
        return operations.map(({ key }) => expiry.get(key) ?? null)
      }
      const all = result.affected === operations.length
      const stored = yield* outcomesOf(keysOf(operations))
      return operations.map((operation) => {
        const found = stored.get(operation.key)
        if (found === undefined) return null
        const touched = Math.min(operation.expiresAt, found.deadline ?? Number.POSITIVE_INFINITY)
        // A row that was touched is locked and shows it; another value belongs to a session that began just now.
        return all || (found.expiresAt === touched && touched > now) ? touched : null
      })
    },

    *delete(operations, now) {
      const rows = operations.map(({ key }) => ({ key }))
      const locked = returning ? undefined : (yield select(statements.lock, keysOf(operations))).rows
      const deleted = yield write(statements.delete, rowColumns.keys, rows, now)
      const expiresAt = locked
        ? new Map([...byKey(locked, storedOutcome)].map(([key, stored]) => [key, stored.expiresAt]))
        : byKey(deleted.rows, (row) => Number(row[1]))
      return operations.map(({ key }) => (expiresAt.get(key) ?? 0) > now)
    },

    *rotate(operations, now) {
      const rows = operations.map(({ key, newKey, record, ifVersion }) => ({
        ...sessionRow(record),
        key,
        new_key: newKey,
        if_version: ifVersion,
      }))
      const result = yield write(statements.rotate, rowColumns.rotate, rows, now)
      // Nobody else knows a new key yet, so what is stored under it is what this rotation put there.
      const stored = yield* afterwards(
        result,
        operations.map(({ newKey }) => newKey),
      )
      const others = yield* othersOf(operations, stored, ({ newKey }) => stored.get(newKey))
      return operations.map(({ key, newKey }) => stored.get(newKey) ?? conflictOrGone(others.get(key), now))
    },

    *putState(operations, now) {
      yield write(
        statements.putState,
        rowColumns.putState,
        operations.map(({ record }) => stateRow(record)),
        now,
      )
      return operations.map(() => true)
    },

    *consumeState(operations, now) {
      const rows = operations.map(({ key }) => ({ key }))
      const locked = returning ? undefined : (yield select(statements.lockStates, keysOf(operations))).rows
      const deleted = yield write(statements.consumeState, rowColumns.keys, rows, now)
      const taken = byKey(locked ?? deleted.rows, stateRecord)
      return operations.map(({ key }) => {
        const state = taken.get(key)
        return state !== undefined && state.expiresAt > now ? state : null
      })
    },
  }
}

function keysOf(operations: readonly Operation[]): readonly string[] {
  return operations.map(({ key }) => key)
}

/** The instants of a row that this very write wrote: a version is given to one write only. */
function written(stored: StoredOutcome | undefined, version: string): StoredTimes | null {
  return stored?.version === version ? stored : null
}

function conflictOrGone(stored: StoredOutcome | undefined, now: number): 'conflict' | 'gone' {
  return stored !== undefined && stored.expiresAt > now ? 'conflict' : 'gone'
}
