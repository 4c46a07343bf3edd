import {
  expiryColumns,
  now,
  outcomeColumns,
  recordColumns,
  rowColumns,
  sessionAssignments,
  storedList,
  timesColumns,
} from './assignments.ts'
import { rowAsParameters, type SqlDialect } from './dialect.ts'
import { compile, list, parameter, type SqlFragment, type SqlStatement, sql } from './fragment.ts'
import { type Column, stateColumns, type TableNames } from './table.ts'
import {
  type Assignments,
  deleteRows,
  keyIsAny,
  lockedInOrder,
  selectRows,
  type Target,
  target,
  updateRows,
  upsertRows,
} from './write-forms.ts'

/** What the statements of one store are made for. */
export interface Tables {
  readonly dialect: SqlDialect
  readonly sessions: Target
  readonly states: Target
  /** What follows the sessions' name where a SELECT must go by the index on the identity. */
  readonly byIdentity: string
  readonly query: (fragment: SqlFragment) => SqlStatement
  readonly command: (fragment: SqlFragment) => SqlStatement
}

export function tables(dialect: SqlDialect, names: TableNames): Tables {
  return {
    dialect,
    sessions: target(dialect, names.sessions),
    states: target(dialect, names.states),
    byIdentity: dialect.forceIndex?.(names.sessionsByIdentity) ?? '',
    query: (fragment) => compile(fragment, dialect.placeholder, true),
    command: (fragment) => compile(fragment, dialect.placeholder, false),
  }
}

/** `now` and `slot` (of now) are parameters of most. */
export function readStatements({ dialect, sessions, query }: Tables) {
  const { table, stored } = sessions
  return {
    read: query(selectRows(sessions, dialect.readRows, recordColumns)),
    readOne: query(selectRows(sessions, rowAsParameters, recordColumns)),
    scan: query(sql`select ${storedList(sessions, recordColumns)} from ${table}
      where ${stored('key')} > ${parameter('cursor')} order by ${stored('key')} limit ${parameter('limit')}`),
    count: query(sql`select (select count(*) from ${table} where expires_slot > ${parameter('slot')})
      + (select count(*) from ${table} where expires_slot = ${parameter('slot')} and expires_at > ${now})`),
  }
}

export type ReturningStatements = ReturnType<typeof returningStatements>

/**
 * The writes of an engine that returns what it wrote. Where it is a list, each is for the row that the one before it did
 * not find. `lockInOrder`: the rows are locked in the order of their keys.
 */
export function returningStatements(of: Tables, lockInOrder = false) {
  const { dialect, sessions, states, query, command } = of
  const { live, believed, unchanged, put, touch, replace, rotate } = sessionAssignments(sessions)
  const { stored } = sessions
  const keys = dialect.writeRows.from?.(rowColumns.keys)

  const told = (on: Target, fragment: SqlFragment, columns: readonly Column[]) =>
    query(sql`${fragment} returning ${storedList(on, columns)}`)
  const locking = (on: Target, write: SqlFragment) =>
    lockInOrder && keys ? lockedInOrder(on, write, keyIsAny(on, keys)) : write
  /** The update that leaves the indexes alone, for a row whose indexed columns stay as they are; where it is cheaper. */
  const inPlace = (columns: readonly Column[], assignments: Assignments, where: SqlFragment) => {
    const indexed = new Set(['key', 'identity_key', 'expires_slot'])
    const same = assignments
      .filter(([column]) => column !== 'key' && indexed.has(column))
      .map(([column, value]) => sql` and ${stored(column)} is ${value}`)
    const others = assignments.filter(([column]) => !indexed.has(column))
    return dialect.rewritesIndexes ? [updateRows(sessions, columns, others, sql`${where}${list(same, '')}`)] : []
  }
  const update = (columns: readonly Column[], assignments: Assignments, where: SqlFragment) => [
    ...inPlace(columns, assignments, where),
    locking(sessions, updateRows(sessions, columns, assignments, where)),
  ]

  const insert = upsertRows(sessions, rowColumns.put, put, sql`${stored('expires_at')} <= ${now}`)

  return {
    /** Of a single row the count says it. */
    insert: dialect.writeRows.from ? told(sessions, insert, rowColumns.keys) : command(insert),
    put: [...inPlace(rowColumns.put, put, sql`true`), upsertRows(sessions, rowColumns.put, put)].map(command),
    replace: update(rowColumns.replace, replace, live).map((write) => told(sessions, write, timesColumns)),
    /** A replace of a row whose indexed columns and times are as they are believed to be: it need return nothing, which costs. */
    replaceBelieved: inPlace(rowColumns.replaceBelieved, replace, sql`${live} and ${believed('is')}`).map(command),
    compareAndSwap: update(rowColumns.compareAndSwap, replace, unchanged).map((write) =>
      told(sessions, write, timesColumns),
    ),
    putLive: update(rowColumns.put, put, live).map((write) => told(sessions, write, rowColumns.keys)),
    touch: update(rowColumns.touch, touch, live).map((write) => told(sessions, write, expiryColumns)),
    delete: told(sessions, locking(sessions, deleteRows(sessions, keys)), expiryColumns),
    deleteOf: told(sessions, locking(sessions, deleteRows(sessions, keys, ofIdentity(sessions))), expiryColumns),
    rotate: told(sessions, locking(sessions, updateRows(sessions, rowColumns.rotate, rotate, unchanged)), timesColumns),
    /** What is stored now. */
    outcomes: query(selectRows(sessions, dialect.readRows, outcomeColumns)),
    putState: command(upsertRows(states, stateColumns, stateAssignments(states))),
    consumeState: told(states, locking(states, deleteRows(states, keys)), stateColumns),
  }
}

/** That a session is of the identity that the parameter names. */
export function ofIdentity({ stored }: Target): SqlFragment {
  return sql`and ${stored('identity_key')} = ${parameter('if_identity_key')}`
}

export function stateAssignments({ given }: Target): Assignments {
  return stateColumns.map(({ name }) => [name, given(name)])
}
