import {
  expiryColumns,
  now,
  outcomeColumns,
  recordColumns,
  rowColumns,
  sessionAssignments,
  timesColumns,
} from './assignments.ts'
import type { SqlDialect } from './dialect.ts'
import type { Update } from './forms.ts'
import { compile, parameter, type SqlFragment, type SqlStatement, sql } from './fragment.ts'
import { stateColumns, type TableNames } from './table.ts'
import { type Assignments, storedList, type Target, target } from './target.ts'

/** The tables of one store, and what its statements are compiled with. */
export interface Tables {
  readonly dialect: SqlDialect
  readonly names: TableNames
  readonly sessions: Target
  readonly states: Target
  readonly query: (fragment: SqlFragment) => SqlStatement
  readonly command: (fragment: SqlFragment) => SqlStatement
}

export function tables(dialect: SqlDialect, names: TableNames): Tables {
  return {
    dialect,
    names,
    sessions: target(dialect, names.sessions),
    states: target(dialect, names.states),
    query: (fragment) => compile(fragment, dialect.placeholder, true),
    command: (fragment) => compile(fragment, dialect.placeholder, false),
  }
}

/** The reads of every engine. */
export function readStatements({ dialect, sessions, query }: Tables) {
  const { forms } = dialect
  const { table, stored } = sessions
  return {
    read: query(forms.select(sessions, { columns: recordColumns, keys: keysToRead(dialect) })),
    readOne: query(forms.select(sessions, { columns: recordColumns })),
    scan: query(
      forms.first(sessions, {
        columns: storedList(sessions, recordColumns),
        where: sql`${stored('key')} > ${parameter('cursor')}`,
        orderBy: stored('key'),
        limit: parameter('limit'),
      }),
    ),
    count: query(sql`select (select count(*) from ${table} where expires_slot > ${parameter('slot')})
      + (select count(*) from ${table} where expires_slot = ${parameter('slot')} and expires_at > ${now})`),
  }
}

/** The FROM item of the keys that a batch reads. Undefined: one key at a time. */
export function keysToRead({ readRows }: SqlDialect): SqlFragment | undefined {
  return readRows.from?.(rowColumns.keys)
}

export type ReturningStatements = ReturnType<typeof returningStatements>

/**
 * The writes of an engine with RETURNING. In a list, each statement is for a row that the one before it did not find.
 * `lockInOrder`: the statements lock their rows in the order of the keys.
 */
export function returningStatements(of: Tables, lockInOrder = false) {
  const { dialect, sessions, states, query, command } = of
  const { forms } = dialect
  const { live, believed, unchanged, put, touch, replace, rotate } = sessionAssignments(dialect, sessions)
  const keys = sessions.rows?.(rowColumns.keys)
  const expired = sql`${sessions.stored('expires_at')} <= ${now}`

  const inOrder = <W extends SqlFragment | undefined>(
    on: Target,
    where: W,
    write: (where: W | SqlFragment) => SqlFragment,
  ) => {
    const lock = lockInOrder && keys ? forms.lockInOrder?.(on, forms.keyIn(on, keys)) : undefined
    if (lock === undefined) return write(where)
    return sql`${lock.before} ${write(where === undefined ? lock.where : sql`${where} and ${lock.where}`)}`
  }
  const updateAll = ({ where, ...update }: Update) =>
    inOrder(sessions, where, (condition) => forms.update(sessions, { ...update, where: condition }))
  const inPlace = (update: Update) =>
    sessions.rows === undefined && forms.updateInPlace ? [forms.updateInPlace(sessions, update)] : []
  const update = (one: Update) => [...inPlace(one), updateAll(one)].map(query)
  const remove = (on: Target, returning: Update['columns'], only?: SqlFragment) =>
    query(inOrder(on, only, (where) => forms.delete(on, { keys, where, returning })))

  const putOver: Update = { columns: rowColumns.put, assignments: put, where: sql`true` }
  const insert = { columns: rowColumns.put, assignments: put, onlyWhere: expired }
  const rotation = { columns: rowColumns.rotate, assignments: rotate, where: unchanged, returning: timesColumns }
  const believedToBe = {
    columns: rowColumns.replaceBelieved,
    assignments: replace,
    where: sql`${live} and ${believed}`,
  }

  return {
    /** For a single row the count tells the outcome. */
    insert: sessions.rows
      ? query(forms.upsert(sessions, { ...insert, returning: rowColumns.keys }))
      : command(forms.upsert(sessions, insert)),
    put: [...inPlace(putOver), forms.upsert(sessions, { columns: rowColumns.put, assignments: put })].map(command),
    replace: update({ columns: rowColumns.replace, assignments: replace, where: live, returning: timesColumns }),
    /** Replaces a row whose indexed columns and times are as believed. It returns nothing, which is cheaper. */
    replaceBelieved: inPlace(believedToBe).map(command),
    compareAndSwap: update({
      columns: rowColumns.compareAndSwap,
      assignments: replace,
      where: unchanged,
      returning: timesColumns,
    }),
    putLive: update({ columns: rowColumns.put, assignments: put, where: live, returning: rowColumns.keys }),
    touch: update({ columns: rowColumns.touch, assignments: touch, where: live, returning: expiryColumns }),
    delete: remove(sessions, expiryColumns),
    deleteOf: remove(sessions, expiryColumns, ofIdentity(sessions)),
    rotate: query(updateAll(rotation)),
    /** Reads the stored rows, to tell why a write wrote nothing. */
    outcomes: query(forms.select(sessions, { columns: outcomeColumns, keys: keysToRead(dialect) })),
    putState: command(forms.upsert(states, { columns: stateColumns, assignments: stateAssignments(states) })),
    consumeState: remove(states, stateColumns),
  }
}

/** That a session belongs to the identity of the parameter. */
export function ofIdentity({ stored }: Target): SqlFragment {
  return sql`${stored('identity_key')} = ${parameter('if_identity_key')}`
}

export function stateAssignments({ incoming }: Target): Assignments {
  return stateColumns.map(({ name }) => [name, incoming(name)])
}
