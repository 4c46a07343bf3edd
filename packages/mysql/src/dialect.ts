import {
  type Column,
  encodeJsonRows,
  jsonRows,
  list,
  parameter,
  type RowSource,
  type SqlDialect,
  type SqlFragment,
  sql,
} from '@sess/core/sql'

const types = { key: 'varbinary(512)', token: 'varbinary(64)', integer: 'bigint', payload: 'longblob' } as const

/**
 * A batch of rows as one JSON text: one prepared statement, however many they are. The text travels as bytes, so the
 * connection's character set has no part in it. `error on error` refuses what is too long, whatever the sql_mode.
 */
const jsonTable: RowSource = {
  from: (columns) => sql`${table(columns)} as s`,
  encode: (columns, rows) => ({ rows: Buffer.from(encodeJsonRows(columns, rows).rows as string) }),
}

/** The same for SELECT ... FOR UPDATE: MySQL refuses to lock the rows of a JSON_TABLE, unless it is inside of a subquery. */
const selectedJsonTable: RowSource = {
  ...jsonTable,
  from: (columns) => sql`(select * from ${table(columns)} as given) as s`,
}

/** One row as parameters; its texts travel as bytes too. */
const bytesAndNumbers: RowSource = {
  given: ({ name, type }) => (type === 'integer' ? sql`cast(${parameter(name)} as signed)` : sql`${parameter(name)}`),
  encode: (_columns, [row = {}]) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? Buffer.from(value) : value]),
    ),
}

function table(columns: readonly Column[]): SqlFragment {
  const paths = columns.map(
    ({ name, type }, index) => `${quote(name)} ${types[type]} path '$[${index}]' error on error`,
  )
  return sql`json_table(convert(${jsonRows} using utf8mb4), '$[*]' columns (${list(paths)}))`
}

/** How MySQL 8.0 and later and MariaDB 10.6 and later differ from other engines, and not from one another. */
export const mysqlDialect: SqlDialect = {
  quote,
  placeholder: () => '?',
  // Binary types: compared byte for byte without padding, and read and written whatever character set a connection has.
  types,
  least: 'least',
  readRows: selectedJsonTable,
  writeRows: jsonTable,
  oneRow: bytesAndNumbers,
  // MariaDB returns rows from INSERT and DELETE, but not from UPDATE.
  returning: false,
  upsert: 'on duplicate key',
  updateForm: 'join',
  deleteForm: 'join',
  keyJoin: { join: 'straight_join', hint: 'force index (primary)' },
  forUpdate: 'for update',
  deleteMissesMovedRows: true,
  skipLocked: 'for update skip locked',
  rewritesIndexes: false,
  columnsOf: sql`select column_name from information_schema.columns
    where table_schema = database() and table_name = ${parameter('table')}`,
  ddl: { indexes: 'inline', partialIndexes: false, tableSuffix: ' engine = InnoDB' },
}

function quote(identifier: string): string {
  return `\`${identifier}\``
}
