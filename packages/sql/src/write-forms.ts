import type { RowSource, SqlDialect } from './dialect.ts'
import { list, parameter, type SqlFragment, type SqlPart, sql } from './fragment.ts'
import { type Column, givenColumns, sessionColumns } from './table.ts'

/** A table as statements speak of it. The incoming rows, where they come as a table of their own, are `s`. */
export interface Target {
  readonly dialect: SqlDialect
  /** The quoted name. It is never given an alias, as RETURNING does not know that everywhere. */
  readonly table: string
  /** A column of the table. */
  readonly stored: (column: string) => string
  /** A column of the incoming row. */
  readonly given: (column: string) => SqlPart
}

/** A column and what it is set to. */
export type Assignments = readonly (readonly [column: string, value: SqlPart])[]

export function target(dialect: SqlDialect, tableName: string): Target {
  const { quote, writeRows } = dialect
  const table = (dialect.table ?? quote)(tableName)
  return {
    dialect,
    table,
    stored: (column) => `${table}.${quote(column)}`,
    given: writeRows.from === undefined ? givenAsParameter(writeRows) : (column) => `s.${quote(column)}`,
  }
}

const allColumns: readonly Column[] = [...sessionColumns, ...Object.values(givenColumns)]

function givenAsParameter({ given }: RowSource): (column: string) => SqlPart {
  if (given === undefined) return parameter
  const givenByName = new Map(allColumns.map((column) => [column.name, given(column)]))
  return (column) => givenByName.get(column) ?? parameter(column)
}

/** The rows of a FROM item called `s`, each with the row of the table that has its key. */
function joined({ dialect, table, stored }: Target, from: SqlFragment): SqlFragment {
  const { join, hint } = dialect.keyJoin ?? { join: 'join', hint: '' }
  return sql`${from} ${join} ${table} ${hint} on ${stored('key')} = s.${dialect.quote('key')}`
}

/** SELECT of the rows with the keys of a source. `lock`: what locks them. */
export function selectRows(
  target: Target,
  source: RowSource,
  columns: readonly Column[],
  lock = '',
  and: SqlPart = '',
): SqlFragment {
  const { dialect, table, stored } = target
  const selected = list(columns.map(({ name }) => stored(name)))
  const ending = sql`${dialect.allRows ?? ''} ${lock}`
  if (source.from === undefined) {
    return sql`select ${selected} from ${table} where ${stored('key')} = ${parameter('key')} ${and} ${ending}`
  }
  const keys = source.from([{ name: 'key', type: 'key' }])
  return dialect.selectForm === 'any'
    ? sql`select ${selected} from ${table} where ${keyIsAny(target, keys)} ${and} ${ending}`
    : sql`select ${selected} from ${joined(target, keys)} ${and === '' ? '' : sql`where true ${and}`} ${ending}`
}

/** That a row's key is one of those in a FROM item called `s`. */
export function keyIsAny({ dialect, stored }: Target, from: SqlFragment): SqlFragment {
  return sql`${stored('key')} = any(array(select s.${dialect.quote('key')} from ${from}))`
}

/** An UPDATE or DELETE that ends with its condition, after its rows (found by `which`) have been locked in the order of their keys. */
export function lockedInOrder({ dialect, table, stored }: Target, write: SqlFragment, which: SqlFragment): SqlFragment {
  return sql`with locked as materialized
    (select 1 from ${table} where ${which} order by ${stored('key')} ${dialect.forUpdate})
    ${write} and (select count(*) from locked) >= 0`
}

/** INSERT of the assigned columns, made of the `given` ones; refused where a key is taken. */
export function insertRows(
  { dialect, table }: Target,
  given: readonly Column[],
  assignments: Assignments,
): SqlFragment {
  const from = dialect.writeRows.from?.(given)
  const values = list(assignments.map(([, value]) => value))
  const insert = sql`insert into ${table} (${list(assignments.map(([column]) => dialect.quote(column)))})`
  // SQLite takes ON after a SELECT without WHERE for a join's.
  return from ? sql`${insert} select ${values} from ${from} where true` : sql`${insert} values (${values})`
}

/**
 * The same, and what becomes of a row that is there: set to the incoming one where `onlyWhere` holds, else left alone, its
 * expiry being given to `kept`.
 */
export function upsertRows(
  target: Target,
  given: readonly Column[],
  assignments: Assignments,
  onlyWhere?: SqlFragment,
  kept?: (expiry: string) => SqlFragment,
): SqlFragment {
  const { quote, upsert } = target.dialect
  const others = assignments.filter(([column]) => column !== 'key')
  const insert = insertRows(target, given, assignments)
  if (upsert === 'on duplicate key') return sql`${insert} ${onDuplicateKey(target, others, onlyWhere, kept)}`
  const set = list(others.map(([column]) => `${quote(column)} = excluded.${quote(column)}`))
  const where = onlyWhere ? sql`where ${onlyWhere}` : ''
  return sql`${insert} on conflict (${quote('key')}) do update set ${set} ${where}`
}

function onDuplicateKey(
  { stored }: Target,
  assignments: Assignments,
  onlyWhere?: SqlFragment,
  kept: (expiry: string) => SqlPart = (expiry) => expiry,
): SqlFragment {
  // MySQL assigns from left to right and later assignments see earlier ones: what the condition reads comes last.
  const ordered = assignments.toSorted(([a], [b]) => Number(a === 'expires_at') - Number(b === 'expires_at'))
  const set = ordered.map(([column, value]) => {
    const old = column === 'expires_at' ? kept(stored(column)) : stored(column)
    const next = onlyWhere ? sql`if(${onlyWhere}, ${value}, ${old})` : value
    return sql`${stored(column)} = ${next}`
  })
  return sql`on duplicate key update ${list(set)}`
}

/**
 * UPDATE of the sessions with the keys of the `given` rows as an INSERT ... ON DUPLICATE KEY UPDATE. An UPDATE that joins
 * with a batch costs more: it goes through a temporary table, in MariaDB one on disk. It counts two for a row that it
 * changed; where there is none it inserts a meaningless one: then its transaction must be rolled back.
 */
export function updateRowsByUpsert(
  target: Target,
  given: readonly Column[],
  assignments: Assignments,
  where?: SqlFragment,
): SqlFragment {
  const { dialect, table } = target
  const key = target.given('key')
  const required = sessionColumns.filter((column) => !('nullable' in column) && column.name !== 'key')
  const columns = list(['key', ...required.map(({ name }) => name)].map(dialect.quote))
  const rows = sql`select ${list([key, ...required.map(() => '0')])} from ${dialect.writeRows.from?.(given) ?? ''}`
  return sql`insert into ${table} (${columns}) ${rows} ${onDuplicateKey(target, assignments, where)}`
}

/** UPDATE of the rows with the keys of the `given` rows. */
export function updateRows(
  { dialect, table, stored, given: givenColumn }: Target,
  given: readonly Column[],
  assignments: Assignments,
  where: SqlFragment,
): SqlFragment {
  const from = dialect.writeRows.from?.(given)
  const set = list(assignments.map(([column, value]) => sql`${dialect.quote(column)} = ${value}`))
  return sql`update ${table} set ${set} ${from ? sql`from ${from}` : ''}
    where ${stored('key')} = ${givenColumn('key')} and ${where}`
}

/** DELETE of the rows whose keys are in `from`, a FROM item called `s`; left out: of the one that is the parameter. */
export function deleteRows(target: Target, from: SqlFragment | undefined, and: SqlPart = ''): SqlFragment {
  const { dialect, table, stored } = target
  if (from === undefined) return sql`delete from ${table} where ${stored('key')} = ${parameter('key')} ${and}`
  const key = `s.${dialect.quote('key')}`
  switch (dialect.deleteForm) {
    case 'join':
      return sql`delete ${table} from ${joined(target, from)} where true ${and}`
    case 'in':
      return sql`delete from ${table} where ${stored('key')} in (select ${key} from ${from}) ${and}`
    case 'any':
      return sql`delete from ${table} where ${keyIsAny(target, from)} ${and}`
  }
}
