import {
  type Assignments,
  addColumn,
  and,
  clause,
  insertRows,
  keyIsParameter,
  type LockingForms,
  list,
  type Rows,
  requiredColumns,
  type SchemaForms,
  type Select,
  type SqlForms,
  type SqlFragment,
  type SqlPart,
  sql,
  standardForms,
  storedList,
  type Target,
  tableParts,
} from '@sess/sql'

/** A SELECT with a LIMIT does not heed the connection's sql_select_limit. */
const allRows = 'limit 18446744073709551615'

/** Joins by the primary key. Without the hint, the server scans a table that it takes for a small one, and locks all its rows. */
function joined({ quote, table, stored }: Target, keys: SqlFragment): SqlFragment {
  return sql`${keys} straight_join ${table} force index (primary) on ${stored('key')} = s.${quote('key')}`
}

function select(target: Target, { columns, keys, where }: Select & Rows, lock = ''): SqlFragment {
  const found = keys
    ? sql`${joined(target, keys)}${where ? sql` where true${and(where)}` : ''}`
    : sql`${target.table} where ${keyIsParameter(target)}${and(where)}`
  return sql`select ${storedList(target, columns)} from ${found} ${allRows} ${lock}`
}

/** The order of assignments. The server assigns from left to right, and later ones see earlier ones. Conditions read the expiry, so it comes last. */
const place = (column: string) => (column === 'version' ? 0 : column === 'expires_at' ? 2 : 1)

/** `next`: the value that a column is set to. */
function onDuplicateKey(
  { stored }: Target,
  assignments: Assignments,
  next: (column: string, value: SqlPart) => SqlPart = (_column, value) => value,
): SqlFragment {
  const ordered = assignments.toSorted(([a], [b]) => place(a) - place(b))
  return sql`on duplicate key update ${list(ordered.map(([column, value]) => sql`${stored(column)} = ${next(column, value)}`))}`
}

function choose(where: SqlFragment, value: SqlPart, otherwise: SqlPart): SqlFragment {
  return sql`if(${where}, ${value}, ${otherwise})`
}

function withoutKey(assignments: Assignments): Assignments {
  return assignments.filter(([column]) => column !== 'key')
}

const tell: LockingForms['tell'] = (value) => sql`last_insert_id(${value})`

/** The forms of MySQL and MariaDB. `update` is for a single row; batches use `updateLocked`. */
export const mysqlForms: SqlForms = {
  ...standardForms,

  select: (target, rows) => select(target, rows),

  first({ quote, table }, { columns, where, orderBy, limit, offset, index, skipLocked }) {
    const from = index === undefined ? table : `${table} force index (${quote(index)})`
    const lock = skipLocked ? ' for update skip locked' : ''
    return sql`select ${columns} from ${from} where ${where}${clause('order by', orderBy)} limit ${limit}${clause('offset', offset)}${lock}`
  },

  upsert(target, { columns, assignments, onlyWhere }) {
    const next = onlyWhere && ((column: string, value: SqlPart) => choose(onlyWhere, value, target.stored(column)))
    return sql`${insertRows(target, columns, assignments)} ${onDuplicateKey(target, withoutKey(assignments), next)}`
  },

  delete(target, { keys, where }) {
    const { table } = target
    if (keys === undefined) return sql`delete from ${table} where ${keyIsParameter(target)}${and(where)}`
    return sql`delete ${table} from ${joined(target, keys)} where true${and(where)}`
  },
}

/** MariaDB returns rows from INSERT and DELETE, but not from UPDATE, and MySQL from none. */
export const mysqlLocking: LockingForms = {
  lock: (target, rows) => select(target, rows, 'for update'),

  /**
   * Uses INSERT ... ON DUPLICATE KEY UPDATE. An UPDATE that joins with a batch costs more, as it makes a temporary table, in
   * MariaDB on disk.
   */
  updateLocked(target, { columns, assignments, where }) {
    const { quote, table, stored, incoming, rows } = target
    const names = list(['key', ...requiredColumns].map(quote))
    const values = list([incoming('key'), ...requiredColumns.map(() => '0')])
    // The version is assigned first, and is new where the condition held. So the other columns need not check the condition.
    // In MariaDB's sql_mode SIMULTANEOUS_ASSIGNMENT they see the old version, and each checks the condition itself.
    const isWritten = where && sql`${stored('version')} = ${incoming('version')} or (${where})`
    const next =
      where &&
      isWritten &&
      ((column: string, value: SqlPart) => choose(column === 'version' ? where : isWritten, value, stored(column)))
    return sql`insert into ${table} (${names}) select ${values} from ${rows?.(columns) ?? ''}
      ${onDuplicateKey(target, assignments, next)}`
  },

  upsertOrTell(target, { columns, assignments, onlyWhere }) {
    const { stored } = target
    const next = (column: string, value: SqlPart) =>
      choose(onlyWhere, value, column === 'expires_at' ? tell(sql`${stored(column)}`) : stored(column))
    return sql`${insertRows(target, columns, assignments)} ${onDuplicateKey(target, withoutKey(assignments), next)}`
  },

  join: (values) => sql`concat_ws(' ', ${list(values.map((value) => sql`coalesce(${value}, '-')`))})`,

  tell,
}

/** Indexes are part of CREATE TABLE: there is no CREATE INDEX IF NOT EXISTS. */
export const mysqlSchema: SchemaForms = {
  createTable(table) {
    const indexes = table.indexes.map(({ name, column }) => `index ${name} (${column})`)
    return [
      `create table if not exists ${table.name} (\n  ${[...tableParts(table), ...indexes].join(',\n  ')}\n) engine = InnoDB`,
    ]
  },
  addColumn,
}
