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
} from '@sess/sql'
import { mysqlForms, mysqlLocking, mysqlSchema } from './forms.ts'

const types = { key: 'varbinary(512)', token: 'varbinary(64)', integer: 'bigint', payload: 'longblob' } as const

/**
 * A batch of rows as one JSON text: one prepared statement, however many they are. The text travels as bytes, so the
 * connection's character set has no part in it. `error on error` refuses what is too long, whatever the sql_mode.
 * Payloads, which JSON would have to escape and the server to read twice, follow one another in bytes of their own.
 */
const jsonTable: RowSource = {
  from(columns) {
    if (!columns.some(isPayload)) return sql`${table(columns)} as s`
    return sql`(select given.*, substring(cast(${parameter('payloads')} as binary), given.at, given.bytes) as payload
      from ${table(withPlace(columns))} as given) as s`
  },
  encode(columns, rows) {
    if (!columns.some(isPayload)) return { rows: Buffer.from(encodeJsonRows(columns, rows).rows as string) }
    const others = columns.filter((column) => !isPayload(column))
    let at = 1
    let payloads = ''
    const placed = rows.map((row) => {
      const payload = row.payload as string
      const bytes = Buffer.byteLength(payload)
      payloads += payload
      at += bytes
      return [at - bytes, bytes, ...others.map(({ name }) => row[name])]
    })
    return { rows: Buffer.from(JSON.stringify(placed)), payloads: Buffer.from(payloads) }
  },
}

/** The same for SELECT ... FOR UPDATE: MySQL refuses to lock the rows of a JSON_TABLE, unless it is inside of a subquery. */
const selectedJsonTable: RowSource = {
  ...jsonTable,
  from: (columns) => sql`(select * from ${table(columns)} as given) as s`,
}

/** One row as parameters; its texts travel as bytes too. */
const bytesAndNumbers: RowSource = {
  incoming: ({ name, type }) =>
    type === 'integer' ? sql`cast(${parameter(name)} as signed)` : sql`${parameter(name)}`,
  encode: (_columns, [row = {}]) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? Buffer.from(value) : value]),
    ),
}

function isPayload({ type }: Column): boolean {
  return type === 'payload'
}

/** The columns with the place of the payload instead of the payload; first, as MariaDB reads a row anew for each column. */
function withPlace(columns: readonly Column[]): readonly Column[] {
  return [
    { name: 'at', type: 'integer' },
    { name: 'bytes', type: 'integer' },
    ...columns.filter((column) => !isPayload(column)),
  ]
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
  same: '<=>',
  readRows: selectedJsonTable,
  writeRows: jsonTable,
  oneRow: bytesAndNumbers,
  forms: mysqlForms,
  locking: mysqlLocking,
  schema: mysqlSchema,
  deleteMissesMovedRows: true,
  // UTC, as the local time comes twice when clocks are put back.
  serverTime: sql`select timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) div 1000`,
  identityPages: { by: 'key' },
  cleanUpStep: 512,
  columnsOf: sql`select column_name from information_schema.columns
    where table_schema = database() and table_name = ${parameter('table')} limit 4096`,
}

function quote(identifier: string): string {
  return `\`${identifier}\``
}
