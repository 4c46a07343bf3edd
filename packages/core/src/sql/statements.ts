import { rowAsParameters, type SqlDialect } from './dialect.ts'
import { compile, list, parameter, type SqlFragment, type SqlPart, type SqlStatement, sql } from './fragment.ts'
import { type Column, givenColumns, sessionColumns, slotShift, stateColumns, type TableNames } from './table.ts'
import {
  type Assignments,
  deleteRows,
  keyIsAny,
  lockedInOrder,
  selectRows,
  type Target,
  target,
  updateRows,
  updateRowsByUpsert,
  upsertRows,
} from './write-forms.ts'

const columnsNamed = (...names: readonly string[]) => sessionColumns.filter(({ name }) => names.includes(name))
const { newExpiresAt, ifVersion, newKey } = givenColumns
const contentColumns = [...columnsNamed('key', 'version', 'identity_key', 'payload'), newExpiresAt]

/** A session as it is read; `expires_slot` follows from `expires_at`. */
export const recordColumns: readonly Column[] = sessionColumns.filter(({ name }) => name !== 'expires_slot')

/** What is read of a stored session to tell the outcome of a write. */
export const outcomeColumns: readonly Column[] = columnsNamed('key', 'version', 'created_at', 'expires_at', 'deadline')

/** The columns of the rows that each write takes. */
export const rowColumns = {
  put: recordColumns,
  replace: contentColumns,
  compareAndSwap: [...contentColumns, ifVersion],
  touch: columnsNamed('key', 'expires_at'),
  keys: columnsNamed('key'),
  rotate: [...contentColumns, ...columnsNamed('deadline'), ifVersion, newKey],
  putState: stateColumns,
} as const satisfies Record<string, readonly Column[]>

const now = parameter('now')

/** Later than any instant: the largest integer of 64 bits. */
const endOfTime = '9223372036854775807'

/**
 * Every statement of the backend, written once for all engines. Where it is a list, each is for the row that the one
 * before it did not find. `now` and `slot` (of now) are parameters of most.
 */
export function sessionStatements(dialect: SqlDialect, names: TableNames, lockInOrder = false) {
  const query = (fragment: SqlFragment) => compile(fragment, dialect.placeholder, true)
  const command = (fragment: SqlFragment) => compile(fragment, dialect.placeholder, false)
  return {
    ...readStatements(dialect, target(dialect, names.sessions), query),
    ...writeStatements(dialect, target(dialect, names.sessions), query, command, lockInOrder),
    ...housekeepingStatements(dialect, names, query, command, lockInOrder),
  } satisfies Record<string, SqlStatement | readonly SqlStatement[] | undefined>
}

export type SessionStatements = ReturnType<typeof sessionStatements>

type Compile = (fragment: SqlFragment) => SqlStatement

function readStatements({ readRows, forUpdate }: SqlDialect, sessions: Target, query: Compile) {
  const { table, stored } = sessions
  const columns = list(recordColumns.map(({ name }) => stored(name)))
  return {
    read: query(selectRows(sessions, readRows, recordColumns)),
    readOne: query(selectRows(sessions, rowAsParameters, recordColumns)),
    /** What is stored now, to tell outcomes by. */
    outcomes: query(selectRows(sessions, readRows, outcomeColumns)),
    /** The same, with its rows locked. */
    lock: query(selectRows(sessions, readRows, outcomeColumns, forUpdate)),
    listByIdentity: query(sql`select ${columns} from ${table}
      where ${stored('identity_key')} = ${parameter('identity_key')} and ${stored('expires_at')} > ${now}`),
    /** Whether a delete by identity has left one. */
    anyOfIdentity: query(sql`select 1 from ${table} where ${stored('identity_key')} = ${parameter('identity_key')}
      and ${stored('key')} <> ${parameter('except')} and ${stored('expires_at')} > ${now} limit 1`),
    scan: query(sql`select ${columns} from ${table} where ${stored('key')} > ${parameter('cursor')}
      order by ${stored('key')} limit ${parameter('limit')}`),
    count: query(sql`select (select count(*) from ${table} where expires_slot > ${parameter('slot')})
      + (select count(*) from ${table} where expires_slot = ${parameter('slot')} and expires_at > ${now})`),
  }
}

function writeStatements(
  dialect: SqlDialect,
  sessions: Target,
  query: Compile,
  command: Compile,
  lockInOrder: boolean,
) {
  const { stored, given } = sessions
  const live = sql`${stored('expires_at')} > ${now}`
  const expired = sql`${stored('expires_at')} <= ${now}`

  /** A write that tells of each row what it did, where the engine can. */
  const told = (fragment: SqlFragment, columns: readonly Column[]) =>
    dialect.returning
      ? query(sql`${fragment} returning ${list(columns.map(({ name }) => stored(name)))}`)
      : command(fragment)
  /** A write that tells which rows it wrote; of a single row the count says it. */
  const counted = (fragment: SqlFragment) =>
    dialect.writeRows.from ? told(fragment, rowColumns.keys) : command(fragment)

  const put: Assignments = sessionColumns.map(({ name }) => [
    name,
    name === 'expires_slot' ? sql`(${given('expires_at')}${slotShift})` : given(name),
  ])
  const expiry = (asked: SqlPart, deadline: SqlPart): Assignments => {
    const capped = sql`${dialect.least}(${asked}, coalesce(${deadline}, ${endOfTime}))`
    return [
      ['expires_at', capped],
      ['expires_slot', sql`(${capped}${slotShift})`],
    ]
  }
  const touch = expiry(given('expires_at'), stored('deadline'))
  const content: Assignments = ['version', 'payload', 'identity_key'].map((name) => [name, given(name)])
  const askedOrStored = sql`coalesce(${given('expires_at')}, ${stored('expires_at')})`
  const replace = [...content, ...expiry(askedOrStored, stored('deadline'))]
  const rotate: Assignments = [
    ['key', given('new_key')],
    ['deadline', given('deadline')],
    ...content,
    ...expiry(askedOrStored, given('deadline')),
  ]
  const unchanged = sql`${live} and ${stored('version')} = ${given('if_version')}`

  /** The update that leaves the indexes alone, for a row whose indexed columns stay as they are; where it is cheaper. */
  const inPlace = (columns: readonly Column[], assignments: Assignments, where: SqlFragment) => {
    const indexed = new Set(['key', 'identity_key', 'expires_slot'])
    const same = assignments
      .filter(([column]) => column !== 'key' && indexed.has(column))
      .map(([column, value]) => sql` and ${stored(column)} is ${value}`)
    const others = assignments.filter(([column]) => !indexed.has(column))
    return dialect.rewritesIndexes ? [updateRows(sessions, columns, others, sql`${where}${list(same, '')}`)] : []
  }
  const keys = dialect.writeRows.from?.(rowColumns.keys)
  const locking = (write: SqlFragment) =>
    lockInOrder && keys ? lockedInOrder(sessions, write, keyIsAny(sessions, keys)) : write
  const update = (columns: readonly Column[], assignments: Assignments, where: SqlFragment) => [
    ...inPlace(columns, assignments, where),
    locking(updateRows(sessions, columns, assignments, where)),
  ]

  return {
    insert: counted(upsertRows(sessions, rowColumns.put, put, expired)),
    put: [...inPlace(rowColumns.put, put, sql`true`), upsertRows(sessions, rowColumns.put, put)].map(command),
    replace: update(rowColumns.replace, replace, live).map((fragment) => told(fragment, outcomeColumns)),
    /** A replace that is of use only if all of its rows are live; where it is cheaper. */
    replaceLive:
      keys && dialect.updatesByUpsert
        ? command(updateRowsByUpsert(sessions, rowColumns.replace, replace, live))
        : undefined,
    compareAndSwap: update(rowColumns.compareAndSwap, replace, unchanged).map((fragment) =>
      told(fragment, outcomeColumns),
    ),
    touch: update(rowColumns.touch, touch, live).map((fragment) => told(fragment, rowColumns.touch)),
    delete: told(locking(deleteRows(sessions, keys)), rowColumns.touch),
    rotate: told(locking(updateRows(sessions, rowColumns.rotate, rotate, unchanged)), outcomeColumns),
  }
}

function housekeepingStatements(
  dialect: SqlDialect,
  names: TableNames,
  query: Compile,
  command: Compile,
  lockInOrder: boolean,
) {
  const sessions = target(dialect, names.sessions)
  const states = target(dialect, names.states)
  const key = dialect.quote('key')
  const stateKeys = dialect.writeRows.from?.(rowColumns.keys)
  const takeAny = deleteRows(states, stateKeys)
  const takeState = lockInOrder && stateKeys ? lockedInOrder(states, takeAny, keyIsAny(states, stateKeys)) : takeAny
  const stateList = list(stateColumns.map(({ name }) => states.stored(name)))
  const putState: Assignments = stateColumns.map(({ name }) => [name, states.given(name)])

  const deleteExpired = (from: Target, where: SqlFragment, order: string) => {
    const oldest = sql`(select ${key} from ${from.table} where ${where}
      order by ${order} limit ${parameter('limit')} ${dialect.skipLocked}) as s`
    return deleteRows(from, oldest, sql`and ${from.stored('expires_at')} <= ${now}`)
  }

  const ofIdentity = sql`identity_key = ${parameter('identity_key')}`
  const deleteByIdentity = sql`delete from ${sessions.table} where ${ofIdentity}
    and ${key} <> ${parameter('except')} and expires_at > ${now}`

  return {
    putState: command(upsertRows(states, stateColumns, putState)),
    consumeState: dialect.returning ? query(sql`${takeState} returning ${stateList}`) : command(takeState),
    lockStates: query(selectRows(states, dialect.readRows, stateColumns, dialect.forUpdate)),
    deleteExpired: command(
      deleteExpired(sessions, sql`expires_slot <= ${parameter('slot')} and expires_at <= ${now}`, 'expires_slot'),
    ),
    deleteExpiredStates: command(deleteExpired(states, sql`expires_at <= ${now}`, 'expires_at')),
    // Those that have expired are the clean-up's: without them the count of removed rows is the answer.
    deleteByIdentity: command(lockInOrder ? lockedInOrder(sessions, deleteByIdentity, ofIdentity) : deleteByIdentity),
  }
}
