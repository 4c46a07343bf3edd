import { now, outcomeColumns, rowColumns, sessionAssignments } from './assignments.ts'
import type { LockingForms } from './forms.ts'
import { parameter, type SqlFragment, type SqlPart, sql } from './fragment.ts'
import { insertRows } from './standard-forms.ts'
import { keysToRead, ofIdentity, stateAssignments, type Tables } from './statements.ts'
import { type Column, slotShift, stateColumns } from './table.ts'
import type { Assignments } from './target.ts'

export type LockingStatements = ReturnType<typeof lockingStatements>

/**
 * The writes of batches on an engine without RETURNING. Most run in a transaction that has locked and read the rows, so they
 * are for rows that exist, and need no condition.
 */
export function lockingStatements({ dialect, sessions, states, query, command }: Tables, locking: LockingForms) {
  const { forms } = dialect
  const { live, put, replace, keepExpiry } = sessionAssignments(dialect, sessions)
  const { incoming, stored, rows } = sessions
  const keys = rows?.(rowColumns.keys)
  const toRead = keysToRead(dialect)
  const slot = sql`(${incoming('expires_at')}${slotShift})`
  const update = (columns: readonly Column[], assignments: Assignments, where?: SqlFragment) =>
    command(locking.updateLocked(sessions, { columns, assignments, ...(where && { where }) }))
  const keptExpiry = sql`case when ${incoming('expires_at')} is null then ${stored('expires_at')} end`
  const believed = (expiry: SqlPart) => {
    const times = locking.join([stored('created_at'), stored('deadline'), stored('ttl_ms'), expiry])
    return sql`${times} = ${incoming('believed_times')}`
  }
  return {
    /** Refused as a whole if one of the keys is taken. */
    insert: command(insertRows(sessions, rowColumns.put, put)),
    put: command(forms.upsert(sessions, { columns: rowColumns.put, assignments: put })),
    /** Replaces rows that are as they are believed to be. Unless it counts two for each row, the transaction is rolled back. */
    replaceBelieved: update(rowColumns.replaceBatch, replace, sql`${live} and ${believed(keptExpiry)}`),
    /** The same for rows that all keep their expiry. The caller has checked that the believed expiry is in the future. */
    keepExpiries: update(rowColumns.keepExpiries, keepExpiry, believed(stored('expires_at'))),
    lock: query(locking.lock(sessions, { columns: outcomeColumns, keys: toRead })),
    lockOf: query(locking.lock(sessions, { columns: outcomeColumns, keys: toRead, where: ofIdentity(sessions) })),
    touch: update(rowColumns.touchLocked, [
      ['last_seen_at', incoming('last_seen_at')],
      ['expires_at', incoming('expires_at')],
      ['expires_slot', slot],
    ]),
    delete: command(forms.delete(sessions, { keys })),
    rotate: update(rowColumns.rotate, [
      ...['version', 'payload', 'identity_key', 'last_seen_at', 'ttl_ms', 'deadline', 'expires_at'].map(
        (name) => [name, incoming(name)] as const,
      ),
      ['expires_slot', slot],
      ['key', incoming('new_key')],
    ]),
    putState: command(forms.upsert(states, { columns: stateColumns, assignments: stateAssignments(states) })),
    lockStates: query(locking.lock(states, { columns: stateColumns, keys: toRead })),
    deleteStates: command(forms.delete(states, { keys })),
  }
}

export type LoneStatements = ReturnType<typeof loneStatements>

/**
 * The writes of a single row on such an engine, each a transaction of its own. The answer tells the new expiry of the row, or
 * nothing if no row was found. `dialect` takes a single row as parameters.
 */
export function loneStatements({ dialect, sessions, states, query, command }: Tables, locking: LockingForms) {
  const { forms } = dialect
  const { live, believed, unchanged, put, touch, replace, rotate } = sessionAssignments(dialect, sessions, locking.tell)
  const expired = sql`${sessions.stored('expires_at')} <= ${now}`
  const mine = ofIdentity(sessions)
  const update = (columns: readonly Column[], assignments: Assignments, where: SqlFragment) =>
    command(forms.update(sessions, { columns, assignments, where }))
  const remove = (where: SqlFragment) => command(forms.delete(sessions, { where }))
  return {
    insert: command(insertRows(sessions, rowColumns.put, put)),
    /** Follows an `insert` whose key was taken. */
    insertOver: command(
      locking.upsertOrTell(sessions, { columns: rowColumns.put, assignments: put, onlyWhere: expired }),
    ),
    /** Finds the row only if its times are as believed, so that they need not be read. */
    replace: update(rowColumns.replaceBelieved, replace, sql`${live} and ${believed}`),
    compareAndSwap: update(rowColumns.swapBelieved, replace, sql`${unchanged} and ${believed}`),
    putLive: update(
      rowColumns.put,
      put.map(([column, value]) => [column, column === 'expires_at' ? locking.tell(sql`${value}`) : value] as const),
      live,
    ),
    touch: update(rowColumns.touch, touch, live),
    rotate: update(rowColumns.rotate, rotate, unchanged),
    deleteLiveOf: remove(sql`${live} and ${mine}`),
    deleteExpiredOf: remove(sql`${expired} and ${mine}`),
    deleteLive: remove(live),
    deleteExpired: remove(expired),
    lock: query(locking.lock(sessions, { columns: outcomeColumns })),
    lockState: query(locking.lock(states, { columns: stateColumns })),
    /** Deletes exactly the state that was read. */
    deleteState: command(
      forms.delete(states, {
        where: sql`${states.stored('expires_at')} = ${parameter('if_expires_at')} and ${states.stored('payload')} = ${parameter('if_payload')}`,
      }),
    ),
  }
}
