import { now, outcomeColumns, rowColumns, sessionAssignments } from './assignments.ts'
import { parameter, type SqlFragment, sql } from './fragment.ts'
import { ofIdentity, stateAssignments, type Tables } from './statements.ts'
import { type Column, slotShift, stateColumns } from './table.ts'
import {
  type Assignments,
  deleteRows,
  insertRows,
  selectRows,
  updateRows,
  updateRowsByUpsert,
  upsertRows,
} from './write-forms.ts'

export type LockingStatements = ReturnType<typeof lockingStatements>

/**
 * The writes of batches on an engine that does not return what it wrote. Most are for a transaction in which the rows have
 * been locked and looked at: then a write is for rows that are there, and needs no condition.
 */
export function lockingStatements({ dialect, sessions, states, query, command }: Tables) {
  const { live, believed, put, replace } = sessionAssignments(sessions)
  const { given } = sessions
  const { forUpdate, readRows, writeRows } = dialect
  const keys = writeRows.from?.(rowColumns.keys)
  const slot = sql`(${given('expires_at')}${slotShift})`
  return {
    /** Refused as a whole where one of the keys is taken. */
    insert: command(insertRows(sessions, rowColumns.put, put)),
    put: command(upsertRows(sessions, rowColumns.put, put)),
    /** It is of use only if it counts two for each of its rows. */
    replaceBelieved: command(
      updateRowsByUpsert(sessions, rowColumns.replaceBelieved, replace, sql`${live} and ${believed('<=>')}`),
    ),
    lock: query(selectRows(sessions, readRows, outcomeColumns, forUpdate)),
    lockOf: query(selectRows(sessions, readRows, outcomeColumns, forUpdate, ofIdentity(sessions))),
    touch: command(
      updateRowsByUpsert(sessions, rowColumns.touchLocked, [
        ['last_seen_at', given('last_seen_at')],
        ['expires_at', given('expires_at')],
        ['expires_slot', slot],
      ]),
    ),
    delete: command(deleteRows(sessions, keys)),
    rotate: command(
      updateRowsByUpsert(sessions, rowColumns.rotate, [
        ...['version', 'payload', 'identity_key', 'last_seen_at', 'ttl_ms', 'deadline', 'expires_at'].map(
          (name) => [name, given(name)] as const,
        ),
        ['expires_slot', slot],
        ['key', given('new_key')],
      ]),
    ),
    putState: command(upsertRows(states, stateColumns, stateAssignments(states))),
    lockStates: query(selectRows(states, readRows, stateColumns, forUpdate)),
    deleteStates: command(deleteRows(states, keys)),
  }
}

export type LoneStatements = ReturnType<typeof loneStatements>

/**
 * The writes of one row on such an engine, each a transaction of its own. What a row's expiry has become is in the answer,
 * as what was given to LAST_INSERT_ID; it is nothing where no row was found. `dialect` takes a single row as parameters.
 */
export function loneStatements({ dialect, sessions, states, query, command }: Tables) {
  const { live, believed, unchanged, put, touch, replace, rotate } = sessionAssignments(
    sessions,
    (expiry) => sql`last_insert_id(${expiry})`,
  )
  const { stored } = sessions
  const { forUpdate, readRows } = dialect
  const update = (columns: readonly Column[], assignments: Assignments, where: SqlFragment) =>
    command(updateRows(sessions, columns, assignments, where))
  return {
    insert: command(insertRows(sessions, rowColumns.put, put)),
    /** For a key that is taken: over an expired session. A live one is told by its expiry. */
    insertOver: command(
      upsertRows(
        sessions,
        rowColumns.put,
        put,
        sql`${stored('expires_at')} <= ${now}`,
        (kept) => sql`last_insert_id(${kept})`,
      ),
    ),
    /** Only where the row has the times that it is believed to have, so that they need not be read. */
    replace: update(rowColumns.replaceBelieved, replace, sql`${live} and ${believed('<=>')}`),
    compareAndSwap: update(rowColumns.swapBelieved, replace, sql`${unchanged} and ${believed('<=>')}`),
    putLive: update(
      rowColumns.put,
      put.map(([column, value]) => [column, column === 'expires_at' ? sql`last_insert_id(${value})` : value] as const),
      live,
    ),
    touch: update(rowColumns.touch, touch, live),
    rotate: update(rowColumns.rotate, rotate, unchanged),
    deleteLiveOf: command(deleteRows(sessions, undefined, sql`and ${live} ${ofIdentity(sessions)}`)),
    deleteExpiredOf: command(
      deleteRows(sessions, undefined, sql`and ${stored('expires_at')} <= ${now} ${ofIdentity(sessions)}`),
    ),
    deleteLive: command(deleteRows(sessions, undefined, sql`and ${live}`)),
    deleteExpired: command(deleteRows(sessions, undefined, sql`and ${stored('expires_at')} <= ${now}`)),
    lock: query(selectRows(sessions, readRows, outcomeColumns, forUpdate)),
    lockState: query(selectRows(states, readRows, stateColumns, forUpdate)),
    /** Only the very state that was read. */
    deleteState: command(
      deleteRows(
        states,
        undefined,
        sql`and ${states.stored('expires_at')} = ${parameter('if_expires_at')} and ${states.stored('payload')} = ${parameter('if_payload')}`,
      ),
    ),
  }
}
