import { type DriverFault, SessionError, type StoredTimes } from '@sess/core'
import { byKey, contradiction } from './answers.ts'
import { rowColumns } from './assignments.ts'
import type { SqlDialect, SqlRow } from './dialect.ts'
import type { SqlResult, SqlValue, SqlWork } from './driver.ts'
import type { SqlStatement } from './fragment.ts'
import type { LoneStatements } from './locking-statements.ts'
import { changedRow, type StoredOutcome, sessionRow, stateRecord, storedOutcome } from './records.ts'
import { call } from './statement-call.ts'
import type { Column } from './table.ts'
import {
  conflictOrGone,
  isLive,
  type Operation,
  rotateRow,
  swapRow,
  timesOver,
  touchRow,
  type WriteWork,
} from './write-work.ts'

/** A try fails if another writer came between two of its statements. */
const maxTries = 16

/**
 * The writes of a single row on an engine without RETURNING. Each statement is a transaction of its own, and the statement that
 * writes tells the outcome. If a write found nothing, the stored row is read FOR UPDATE: a proxy sends that to the primary, and
 * not to a replica that lags behind. `batch` does the kinds of write that are no cheaper alone.
 */
export function loneWork(
  dialect: SqlDialect,
  statements: LoneStatements,
  fault: (error: unknown) => DriverFault | undefined,
  batch: WriteWork,
): WriteWork {
  const write = (statement: SqlStatement, columns: readonly Column[], row: SqlRow, now = 0) =>
    call(statement, dialect.writeRows, columns, [row], { now })

  function* locked(key: string): SqlWork<StoredOutcome | undefined> {
    const { rows } = yield call(statements.lock, dialect.readRows, rowColumns.keys, [{ key }])
    return byKey([key], rows, storedOutcome).get(key)
  }

  /** Writes over a row whose times are as believed. If they are not, reads them and tries again. */
  function* overBelieved(
    statement: SqlStatement,
    columns: readonly Column[],
    given: SqlRow,
    key: string,
    now: number,
    ifVersion?: string,
  ): SqlWork<StoredTimes | 'conflict' | 'gone'> {
    // The answer tells the expiry, so the condition leaves it out.
    let row: SqlRow = { ...given, believed_expires_at: null }
    for (let tries = 0; tries < maxTries; tries += 1) {
      const expiresAt = expiryOf(yield write(statement, columns, row, now))
      if (expiresAt !== null) {
        const { created_at: createdAt, ttl_ms: ttlMs, deadline } = row
        return { createdAt, expiresAt, ttlMs, deadline } as StoredTimes
      }
      const stored = yield* locked(key)
      if (!isLive(stored, now)) return 'gone'
      if (ifVersion !== undefined && stored.version !== ifVersion) return 'conflict'
      row = { ...row, created_at: stored.createdAt, ttl_ms: stored.ttlMs, deadline: stored.deadline }
    }
    throw overtaken()
  }

  /** Does the operations one after another. */
  const alone = <O extends Operation, T>(work: (operation: O, now: number) => SqlWork<T>) =>
    function* (operations: readonly O[], now: number): SqlWork<T[]> {
      const results: T[] = []
      for (const operation of operations) results.push(yield* work(operation, now))
      return results
    }

  return {
    ...batch,
    inTransaction: new Set(),

    insert: alone(function* ({ record }: Operation<'insert'>, now) {
      const row = sessionRow(record)
      try {
        yield write(statements.insert, rowColumns.put, row)
        return true
      } catch (error) {
        if (fault(error) !== 'duplicate') throw error
      }
      return expiryOf(yield write(statements.insertOver, rowColumns.put, row, now)) === null
    }),

    putLive: alone(function* ({ record }: Operation<'put'>, now) {
      return expiryOf(yield write(statements.putLive, rowColumns.put, sessionRow(record), now)) !== null
    }),

    replace: alone(function* ({ key, record }: Operation<'replace'>, now) {
      const written = yield* overBelieved(statements.replace, rowColumns.replaceBelieved, changedRow(record), key, now)
      return typeof written === 'string' ? null : written
    }),

    compareAndSwap: alone(function* (operation: Operation<'compareAndSwap'>, now) {
      const { key, ifVersion } = operation
      const row = swapRow(operation)
      return yield* overBelieved(statements.compareAndSwap, rowColumns.swapBelieved, row, key, now, ifVersion)
    }),

    touch: alone(function* (operation: Operation<'touch'>, now) {
      return expiryOf(yield write(statements.touch, rowColumns.touch, touchRow(operation), now))
    }),

    delete: alone(function* ({ key }: Operation<'delete'>, now) {
      const { affected } = yield write(statements.deleteLive, rowColumns.keys, { key }, now)
      if (affected > 0) return true
      yield write(statements.deleteExpired, rowColumns.keys, { key }, now)
      return false
    }),

    deleteOf: alone(function* ({ key, ifIdentityKeys = [] }: Operation<'delete'>, now) {
      for (const identityKey of ifIdentityKeys) {
        const only = { now, if_identity_key: identityKey }
        const { affected } = yield call(statements.deleteLiveOf, dialect.writeRows, rowColumns.keys, [{ key }], only)
        if (affected > 0) return true
        yield call(statements.deleteExpiredOf, dialect.writeRows, rowColumns.keys, [{ key }], only)
      }
      return false
    }),

    rotate: alone(function* (operation: Operation<'rotate'>, now) {
      const { key, record } = operation
      const expiresAt = expiryOf(yield write(statements.rotate, rowColumns.rotate, rotateRow(operation), now))
      if (expiresAt === null) return conflictOrGone(yield* locked(key), now)
      return { ...timesOver(record, record), expiresAt }
    }),

    consumeState: alone(function* ({ key }: Operation<'consumeState'>, now) {
      for (let tries = 0; tries < maxTries; tries += 1) {
        const found = yield call(statements.lockState, dialect.readRows, rowColumns.keys, [{ key }])
        const state = byKey([key], found.rows, stateRecord).get(key)
        if (state === undefined) return null
        // The bytes as they came: decoding would change text that is no UTF-8.
        const payload = found.rows[0]?.[2] as SqlValue
        const only = { if_expires_at: state.expiresAt, if_payload: payload }
        const { affected } = yield call(statements.deleteState, dialect.writeRows, rowColumns.keys, [{ key }], only)
        if (affected > 0) return state.expiresAt > now ? state : null
      }
      throw overtaken()
    }),
  }
}

/** Reads the new expiry of the row from the answer; null if the statement found no row. An expiry is never 0: it is in the future. */
function expiryOf({ insertId }: SqlResult): number | null {
  if (insertId === undefined || !Number.isSafeInteger(insertId)) throw contradiction('it has no insert id')
  return insertId === 0 ? null : insertId
}

function overtaken(): SessionError {
  return new SessionError('SESS_UNAVAILABLE', 'other writers came between again and again; nothing is written')
}
