import type { StateRecord } from '@sess/core'
import { byKey } from './answers.ts'
import { rowColumns } from './assignments.ts'
import type { SqlDialect, SqlRow } from './dialect.ts'
import type { SqlWork } from './driver.ts'
import type { SqlStatement } from './fragment.ts'
import type { LockingStatements } from './locking-statements.ts'
import {
  believedRow,
  cappedExpiry,
  type StoredOutcome,
  sessionRow,
  stateRecord,
  stateRow,
  storedOutcome,
} from './records.ts'
import { call } from './statement-call.ts'
import type { Column } from './table.ts'
import {
  byIdentityKey,
  conflictOrGone,
  isLive,
  keysOf,
  notAllLive,
  type Operation,
  rotateRow,
  timesOver,
  type WorkKind,
  type WriteWork,
} from './write-work.ts'

const inTransaction: ReadonlySet<WorkKind> = new Set([
  'putLive',
  'replace',
  'compareAndSwap',
  'touch',
  'delete',
  'deleteOf',
  'rotate',
  'consumeState',
])

/**
 * The writes of batches on an engine without RETURNING. One transaction locks and reads the rows that exist, and then writes
 * those that should be written. A row that did not exist is not touched, and no outcome is read afterwards.
 */
export function lockingWork(dialect: SqlDialect, statements: LockingStatements): WriteWork {
  const write = (statement: SqlStatement, columns: readonly Column[], rows: readonly SqlRow[], now = 0) =>
    call(statement, dialect.writeRows, columns, rows, { now })

  function* locked<T>(
    statement: SqlStatement,
    operations: readonly Operation[],
    decode: (row: readonly unknown[]) => T,
  ): SqlWork<Map<string, T>> {
    const keys = keysOf(operations)
    const rows = keys.map((key) => ({ key }))
    const result = yield call(statement, dialect.readRows, rowColumns.keys, rows)
    return byKey(keys, result.rows, decode)
  }

  function* writeAll(statement: SqlStatement, columns: readonly Column[], rows: readonly SqlRow[]): SqlWork<void> {
    if (rows.length > 0) yield write(statement, columns, rows)
  }

  /** Writes the operations for which `over` returns a stored row, each as a whole row. */
  function* writeOver(
    operations: readonly Operation<'replace' | 'compareAndSwap'>[],
    over: (operation: Operation<'replace' | 'compareAndSwap'>) => StoredOutcome | undefined,
  ) {
    const times = new Map(
      operations.flatMap((operation) => {
        const stored = over(operation)
        return stored ? [[operation.key, timesOver(stored, operation.record)] as const] : []
      }),
    )
    const rows = operations.flatMap(({ key, record }) => {
      const stored = times.get(key)
      return stored ? [sessionRow({ ...record, ...stored })] : []
    })
    yield* writeAll(statements.put, rowColumns.put, rows)
    return times
  }

  return {
    inTransaction,

    *insert(operations) {
      const rows = operations.map(({ record }) => sessionRow(record))
      yield* writeAll(statements.insert, rowColumns.put, rows)
      return operations.map(() => true)
    },

    *put(operations) {
      const rows = operations.map(({ record }) => sessionRow(record))
      yield* writeAll(statements.put, rowColumns.put, rows)
      return operations.map(() => true)
    },

    *putLive(operations, now) {
      const found = yield* locked(statements.lock, operations, storedOutcome)
      const live = operations.filter(({ key }) => isLive(found.get(key), now))
      yield* writeAll(
        statements.put,
        rowColumns.put,
        live.map(({ record }) => sessionRow(record)),
      )
      return operations.map((operation) => live.includes(operation))
    },

    *replaceBelieved(operations, now) {
      if (operations.some(({ record }) => record.keepsExpiry && record.expiresAt <= now)) throw notAllLive
      const rows = operations.map(({ record }) => believedRow(record))
      const { affected } = operations.every(({ record }) => record.keepsExpiry)
        ? yield write(statements.keepExpiries, rowColumns.keepExpiries, rows)
        : yield write(statements.replaceBelieved, rowColumns.replaceBatch, rows, now)
      // Every write has a new version, so a replaced row has changed, and counts two. Any other row counts one or none.
      if (affected !== 2 * operations.length) throw notAllLive
      return operations.map(({ record }) => timesOver(record, record))
    },

    *replace(operations, now) {
      const found = yield* locked(statements.lock, operations, storedOutcome)
      const replaced = yield* writeOver(operations, ({ key }) => {
        const stored = found.get(key)
        return isLive(stored, now) ? stored : undefined
      })
      return operations.map(({ key }) => replaced.get(key) ?? null)
    },

    *compareAndSwap(operations, now) {
      const found = yield* locked(statements.lock, operations, storedOutcome)
      const ifVersions = new Map(operations.map(({ key, ifVersion }) => [key, ifVersion]))
      const swapped = yield* writeOver(operations, ({ key }) => {
        const stored = found.get(key)
        return isLive(stored, now) && stored.version === ifVersions.get(key) ? stored : undefined
      })
      return operations.map(({ key }) => swapped.get(key) ?? conflictOrGone(found.get(key), now))
    },

    *touch(operations, now) {
      const found = yield* locked(statements.lock, operations, storedOutcome)
      const touched = operations.map(({ key, seenAt, ttlMs, defaultTtlMs }) => {
        const stored = found.get(key)
        if (!isLive(stored, now)) return null
        return cappedExpiry(seenAt + (ttlMs ?? stored.ttlMs ?? defaultTtlMs), stored.deadline)
      })
      const rows = operations.flatMap(({ key, seenAt }, index) => {
        const expiresAt = touched[index]
        return typeof expiresAt === 'number' ? [{ key, expires_at: expiresAt, last_seen_at: seenAt }] : []
      })
      yield* writeAll(statements.touch, rowColumns.touchLocked, rows)
      return touched
    },

    *delete(operations, now) {
      const found = yield* locked(statements.lock, operations, storedOutcome)
      yield* writeAll(statements.delete, rowColumns.keys, rowsOf(found))
      return operations.map(({ key }) => isLive(found.get(key), now))
    },

    *deleteOf(operations, now) {
      const found = new Map<string, StoredOutcome>()
      for (const [identityKey, ofKey] of byIdentityKey(operations)) {
        const rows = ofKey.map(({ key }) => ({ key }))
        const only = { if_identity_key: identityKey }
        const result = yield call(statements.lockOf, dialect.readRows, rowColumns.keys, rows, only)
        for (const [key, stored] of byKey(keysOf(ofKey), result.rows, storedOutcome)) found.set(key, stored)
      }
      yield* writeAll(statements.delete, rowColumns.keys, rowsOf(found))
      return operations.map(({ key }) => isLive(found.get(key), now))
    },

    *rotate(operations, now) {
      const found = yield* locked(statements.lock, operations, storedOutcome)
      const rotated = operations.map((operation) => {
        const { key, record, ifVersion } = operation
        const stored = found.get(key)
        if (!isLive(stored, now) || stored.version !== ifVersion) return conflictOrGone(stored, now)
        return timesOver(stored, record, record)
      })
      const rows = operations.flatMap((operation, index) => {
        const times = rotated[index]
        return typeof times === 'object' ? [{ ...rotateRow(operation), expires_at: times.expiresAt }] : []
      })
      yield* writeAll(statements.rotate, rowColumns.rotate, rows)
      return rotated
    },

    *putState(operations) {
      const rows = operations.map(({ record }) => stateRow(record))
      yield* writeAll(statements.putState, rowColumns.putState, rows)
      return operations.map(() => true)
    },

    *consumeState(operations, now) {
      const found: Map<string, StateRecord> = yield* locked(statements.lockStates, operations, stateRecord)
      yield* writeAll(statements.deleteStates, rowColumns.keys, rowsOf(found))
      return operations.map(({ key }) => {
        const state = found.get(key)
        return state !== undefined && state.expiresAt > now ? state : null
      })
    },
  }
}

function rowsOf(found: ReadonlyMap<string, unknown>): readonly SqlRow[] {
  return [...found.keys()].map((key) => ({ key }))
}
