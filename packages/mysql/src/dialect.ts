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
 * Sends a batch of rows as one JSON string, so that one prepared statement serves any number of rows. The string travels as
 * bytes, so the connection's character set does not matter. `error on error` refuses a value that is too long, whatever the
 * sql_mode. The payloads travel one after another in a second value: in JSON they would have to be escaped, and read twice.
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

/** The same for SELECT ... FOR UPDATE. MySQL refuses to lock the rows of a JSON_TABLE outside of a subquery. */
const selectedJsonTable: RowSource = {
  ...jsonTable,
  from: (columns) => sql`(select * from ${table(columns)} as given) as s`,
}

/** Sends one row as parameters. Its strings travel as bytes too. */
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

/** Replaces the payload by its place. The place comes first: MariaDB reads a row from its start for each column. */
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

/** The dialect of MySQL 8.0 and later and of MariaDB 10.6 and later. One serves both. */
export const mysqlDialect: SqlDialect = {
  quote,
  placeholder: () => '?',
  // Binary types are compared byte for byte without padding, and do not depend on the connection's character set.
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
  // In UTC: a local time comes twice when clocks are put back.
  serverTime: sql`select timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) div 1000`,
  identityPages: { by: 'key' },
  cleanUpStep: 512,
  columnsOf: sql`select column_name from information_schema.columns
    where table_schema = database() and table_name = ${parameter('table')} limit 4096`,
}

function quote(identifier: string): string {
  return `\`${identifier}\``
}
