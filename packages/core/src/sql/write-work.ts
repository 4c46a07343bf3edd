import type { WriteKind, WriteOperation, WriteResults } from '../store/backend.ts'
import type { SqlDialect, SqlRow } from './dialect.ts'
import type { SqlResult, SqlWork } from './driver.ts'
import type { SqlStatement } from './fragment.ts'
import { byKey, sessionRecord, sessionRow, stateRecord, stateRow, storedOutcome } from './records.ts'
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
 * is what it wrote. Of a single row that was replaced the count tells; of one that was touched it does not tell the expiry,
 * and a rotation may move the row before that is read.
 */
export const lockedFrom: Readonly<Partial<Record<WriteKind, number>>> = {
  replace: 2,
  swap: 2,
  touch: 1,
  delete: 1,
  takeState: 1,
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

  function* outcomesOf(keys: readonly string[]): SqlWork<Map<string, ReturnType<typeof storedOutcome>>> {
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

  /** Whether a write wrote a key; null where the engine has not said. */
  const written = (result: SqlResult, operations: readonly unknown[]): ((key: string) => boolean) | null => {
    if (result.affected === operations.length) return () => true
    if (result.affected === 0) return () => false
    if (!returning) return null
    const keys = new Set(result.rows.map(([key]) => key))
    return (key) => keys.has(key)
  }

  const { replaceLive } = statements

  return {
    ...(replaceLive && {
      *replaceLive(operations, now) {
        const rows = operations.map(({ record }) => sessionRow(record))
        const { affected } = yield write(replaceLive, rowColumns.replace, rows, now)
        // A version is new with every write, so a row that was replaced has changed: it counts two, any other one or none.
        if (affected !== 2 * operations.length) throw notAllLive
        return operations.map(() => true)
      },
    }),

    *insert(operations, now) {
      const rows = operations.map(({ record }) => sessionRow(record))
      const result = yield write(statements.insert, rowColumns.put, rows, now)
      // MySQL's count says nothing here: a row that was there counts as none, one or two.
      const inserted = dialect.upsert === 'on conflict' ? written(result, operations) : null
      if (inserted) return operations.map(({ key }) => inserted(key))
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
      const replaced = written(result, operations)
      if (replaced) return operations.map(({ key }) => replaced(key))
      const stored = yield* outcomesOf(keysOf(operations))
      return operations.map(({ key, record }) => stored.get(key)?.version === record.version)
    },

    *swap(operations, now) {
      const row = ({ record, ifVersion, ifExpiresAt }: Operation<'swap'>) => ({
        ...sessionRow(record),
        if_version: ifVersion,
        if_expires_at: ifExpiresAt,
      })
      const result = yield* update(statements.swap, rowColumns.swap, operations, row, now)
      const swapped = written(result, operations)
      const rest = operations.filter(({ key }) => !swapped?.(key)).map(({ key }) => key)
      const stored = rest.length > 0 ? yield* outcomesOf(rest) : undefined
      return operations.map(({ key, record }) => {
        const found = stored?.get(key)
        if (swapped?.(key) || found?.version === record.version) return 'written'
        return found !== undefined && found.expiresAt > now ? 'conflict' : 'gone'
      })
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
      const rows = operations.map(({ key, newKey }) => ({ key, new_key: newKey }))
      const updated = yield write(statements.rotate, rowColumns.rotate, rows, now)
      // Nobody else knows a new key yet, so what is stored under it is what this rotation put there.
      const result = returning
        ? updated
        : yield select(
            statements.read,
            operations.map(({ newKey }) => newKey),
          )
      const rotated = byKey(result.rows, sessionRecord)
      return operations.map(({ newKey }) => rotated.get(newKey) ?? null)
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

    *takeState(operations, now) {
      const rows = operations.map(({ key }) => ({ key }))
      const locked = returning ? undefined : (yield select(statements.lockStates, keysOf(operations))).rows
      const deleted = yield write(statements.takeState, rowColumns.keys, rows, now)
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
