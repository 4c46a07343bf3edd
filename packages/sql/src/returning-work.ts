import { byKey, integerOf } from './answers.ts'
import { rowColumns } from './assignments.ts'
import type { SqlDialect, SqlRow } from './dialect.ts'
import type { SqlResult, SqlWork } from './driver.ts'
import type { SqlStatement } from './fragment.ts'
import {
  changedRow,
  type StoredOutcome,
  sessionRow,
  stateRecord,
  stateRow,
  storedOutcome,
  storedTimes,
} from './records.ts'
import { call } from './statement-call.ts'
import type { ReturningStatements } from './statements.ts'
import type { Column } from './table.ts'
import {
  byIdentityKey,
  conflictOrGone,
  keysOf,
  type Operation,
  rotateRow,
  swapRow,
  timesOver,
  touchRow,
  type WriteWork,
} from './write-work.ts'

/** The writes of an engine with RETURNING: the outcomes come from the write itself. */
export function returningWork(dialect: SqlDialect, statements: ReturningStatements): WriteWork {
  const write = (statement: SqlStatement, columns: readonly Column[], rows: readonly SqlRow[], now: number) =>
    call(statement, dialect.writeRows, columns, rows, { now })

  /** Tries the statements until one finds the row. If there are several, `rows` has a single one. */
  function* update(
    tries: readonly SqlStatement[],
    columns: readonly Column[],
    rows: readonly SqlRow[],
    now: number,
  ): SqlWork<SqlResult> {
    let result: SqlResult = { rows: [], affected: 0 }
    for (const statement of tries) {
      result = yield write(statement, columns, rows, now)
      if (result.affected > 0) break
    }
    return result
  }

  /** Reads the stored rows of operations that wrote nothing, to tell why. */
  function* stillStored(operations: readonly Operation[]): SqlWork<Map<string, StoredOutcome>> {
    if (operations.length === 0) return new Map()
    const keys = keysOf(operations)
    const rows = keys.map((key) => ({ key }))
    const result = yield call(statements.outcomes, dialect.readRows, rowColumns.keys, rows)
    return byKey(keys, result.rows, storedOutcome)
  }

  return {
    inTransaction: new Set(),

    *insert(operations, now) {
      const rows = operations.map(({ record }) => sessionRow(record))
      const result = yield write(statements.insert, rowColumns.put, rows, now)
      if (!statements.insert.returnsRows) return operations.map(() => result.affected > 0)
      const inserted = byKey(keysOf(operations), result.rows, () => true)
      return operations.map(({ key }) => inserted.has(key))
    },

    *put(operations, now) {
      const rows = operations.map(({ record }) => sessionRow(record))
      yield* update(statements.put, rowColumns.put, rows, now)
      return operations.map(() => true)
    },

    *replace(operations, now) {
      const rows = operations.map(({ record }) => changedRow(record))
      const [{ record }] = operations as [Operation<'replace'>]
      if (operations.length === 1) {
        for (const statement of statements.replaceBelieved) {
          const { affected } = yield write(statement, rowColumns.replaceBelieved, rows, now)
          if (affected > 0) return [timesOver(record, record)]
        }
      }
      const result = yield* update(statements.replace, rowColumns.replace, rows, now)
      const replaced = byKey(keysOf(operations), result.rows, storedTimes)
      return operations.map(({ key }) => replaced.get(key) ?? null)
    },

    *compareAndSwap(operations, now) {
      const result = yield* update(statements.compareAndSwap, rowColumns.compareAndSwap, operations.map(swapRow), now)
      const swapped = byKey(keysOf(operations), result.rows, storedTimes)
      const others = yield* stillStored(operations.filter(({ key }) => !swapped.has(key)))
      return operations.map(({ key }) => swapped.get(key) ?? conflictOrGone(others.get(key), now))
    },

    *putLive(operations, now) {
      const rows = operations.map(({ record }) => sessionRow(record))
      const result = yield* update(statements.putLive, rowColumns.put, rows, now)
      const written = byKey(keysOf(operations), result.rows, () => true)
      return operations.map(({ key }) => written.has(key))
    },

    *touch(operations, now) {
      const rows = operations.map(touchRow)
      const result = yield* update(statements.touch, rowColumns.touch, rows, now)
      const touched = byKey(keysOf(operations), result.rows, ([, expiresAt]) => integerOf(expiresAt))
      return operations.map(({ key }) => touched.get(key) ?? null)
    },

    *delete(operations, now) {
      const rows = operations.map(({ key }) => ({ key }))
      const result = yield write(statements.delete, rowColumns.keys, rows, now)
      const wasLive = byKey(keysOf(operations), result.rows, ([, expiresAt]) => integerOf(expiresAt) > now)
      return operations.map(({ key }) => wasLive.get(key) ?? false)
    },

    *deleteOf(operations, now) {
      const wasLive = new Map<string, boolean>()
      for (const [identityKey, ofKey] of byIdentityKey(operations)) {
        const rows = ofKey.map(({ key }) => ({ key }))
        const only = { now, if_identity_key: identityKey }
        const result = yield call(statements.deleteOf, dialect.writeRows, rowColumns.keys, rows, only)
        const deleted = byKey(keysOf(ofKey), result.rows, ([, expiresAt]) => integerOf(expiresAt) > now)
        for (const [key, live] of deleted) wasLive.set(key, live)
      }
      return operations.map(({ key }) => wasLive.get(key) ?? false)
    },

    *rotate(operations, now) {
      const result = yield write(statements.rotate, rowColumns.rotate, operations.map(rotateRow), now)
      const newKeys = operations.map(({ newKey }) => newKey)
      const rotated = byKey(newKeys, result.rows, storedTimes)
      const others = yield* stillStored(operations.filter(({ newKey }) => !rotated.has(newKey)))
      return operations.map(({ key, newKey }) => rotated.get(newKey) ?? conflictOrGone(others.get(key), now))
    },

    *putState(operations, now) {
      const rows = operations.map(({ record }) => stateRow(record))
      yield write(statements.putState, rowColumns.putState, rows, now)
      return operations.map(() => true)
    },

    *consumeState(operations, now) {
      const rows = operations.map(({ key }) => ({ key }))
      const result = yield write(statements.consumeState, rowColumns.keys, rows, now)
      const taken = byKey(keysOf(operations), result.rows, stateRecord)
      return operations.map(({ key }) => {
        const state = taken.get(key)
        return state !== undefined && state.expiresAt > now ? state : null
      })
    },
  }
}
