import { now, outcomeColumns, rowColumns, sessionAssignments } from './assignments.ts'
import type { LockingForms } from './forms.ts'
import { parameter, type SqlFragment, sql } from './fragment.ts'
import { insertRows } from './standard-forms.ts'
import { keysToRead, ofIdentity, stateAssignments, type Tables } from './statements.ts'
import { type Column, slotShift, stateColumns } from './table.ts'
import type { Assignments } from './target.ts'

export type LockingStatements = ReturnType<typeof lockingStatements>

/**
 * The writes of batches on an engine that does not return what it wrote. Most are for a transaction in which the rows have
 * been locked and looked at: then a write is for rows that are there, and needs no condition.
 */
export function lockingStatements({ dialect, sessions, states, query, command }: Tables, locking: LockingForms) {
  const { forms } = dialect
  const { live, believed, put, replace } = sessionAssignments(dialect, sessions)
  const { incoming, rows } = sessions
  const keys = rows?.(rowColumns.keys)
  const toRead = keysToRead(dialect)
  const slot = sql`(${incoming('expires_at')}${slotShift})`
  const update = (columns: readonly Column[], assignments: Assignments, where?: SqlFragment) =>
    command(locking.updateLocked(sessions, { columns, assignments, ...(where && { where }) }))
  return {
    /** Refused as a whole where one of the keys is taken. */
    insert: command(insertRows(sessions, rowColumns.put, put)),
    put: command(forms.upsert(sessions, { columns: rowColumns.put, assignments: put })),
    /** It is of use only if it counts two for each of its rows. */
    replaceBelieved: update(rowColumns.replaceBelieved, replace, sql`${live} and ${believed}`),
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
 * The writes of one row on such an engine, each a transaction of its own. The answer has what a row's expiry has become, as
 * the statement tells it; it has nothing where no row was found. `dialect` takes a single row as parameters.
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
    /** For a key that is taken. */
    insertOver: command(
      locking.upsertOrTell(sessions, { columns: rowColumns.put, assignments: put, onlyWhere: expired }),
    ),
    /** Only where the row has the times that it is believed to have, so that they need not be read. */
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
    /** Only the very state that was read. */
    deleteState: command(
      forms.delete(states, {
        where: sql`${states.stored('expires_at')} = ${parameter('if_expires_at')} and ${states.stored('payload')} = ${parameter('if_payload')}`,
      }),
    ),
  }
}
