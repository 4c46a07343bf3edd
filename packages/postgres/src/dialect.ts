import { SessionError } from '@sess/core'
import {
  list,
  parameter,
  type RowSource,
  rowAsParameters,
  type SqlDialect,
  type SqlRow,
  sql,
  standardSchema,
} from '@sess/sql'
import { postgresForms } from './forms.ts'

/** Statements name the schema, because a connection's search_path may change. */
export const defaultSchema = 'public'

/** A control character, which neither ASCII keys nor JSON text contains. */
const separator = '\x1f'

/**
 * Sends a batch of rows as one string for each column. For 64 sessions of 600 bytes, client and server together need a fifth
 * less time than with arrays of strings (which escape each quote of the JSON) or with one JSON string.
 */
const columnTexts: RowSource = {
  from(columns) {
    const arrays = columns.map(({ name, type, nullable }) => {
      const text = parameter(columnParameter(name))
      if (type === 'integer') return sql`${text}::bigint[]`
      return sql`pg_catalog.string_to_array(${text}, e'\\x1f'${nullable ? `, ''` : ''})`
    })
    return sql`unnest(${list(arrays)}) as s(${list(columns.map(({ name }) => quote(name)))})`
  },
  encode: (columns, rows) =>
    Object.fromEntries(
      columns.map(({ name, type }) => [
        columnParameter(name),
        type === 'integer' ? `{${textsOf(name, rows, 'null').join()}}` : textsOf(name, rows, '').join(separator),
      ]),
    ),
}

/** Sends one row as parameters, each with its type: PostgreSQL may infer two types for one that is used twice. */
const typedParameters: RowSource = {
  ...rowAsParameters,
  incoming: ({ name, type }) => sql`${parameter(name)}::${type === 'integer' ? 'bigint' : 'text'}`,
}

/** The dialect of PostgreSQL. @throws `SESS_CONFIG` for a schema's name that is not a plain identifier */
export function postgresDialect(schema: string): SqlDialect {
  if (!/^[a-z_]\w{0,62}$/i.test(schema)) {
    throw new SessionError('SESS_CONFIG', 'schema must be a letter or _ followed by letters, digits or _, 63 at most')
  }
  return {
    quote,
    table: (name) => `${quote(schema)}.${quote(name)}`,
    placeholder: (position) => `$${position}`,
    types: { key: 'text collate "C"', token: 'text collate "C"', integer: 'bigint', payload: 'text' },
    least: 'least',
    same: 'is not distinct from',
    readRows: columnTexts,
    writeRows: columnTexts,
    oneRow: typedParameters,
    forms: postgresForms,
    // A page has room for the next version of a row. Then an update writes no index, and the space of the old version is
    // reused without a vacuum.
    schema: standardSchema(' with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)'),
    serverTime: sql`select (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::bigint`,
    identityPages: { by: 'creation' },
    cleanUpStep: 4_096,
    columnsOf: sql`select a.attname from pg_catalog.pg_attribute as a
      join pg_catalog.pg_class as c on c.oid = a.attrelid
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where n.nspname = '${schema}' and c.relname = ${parameter('table')}`,
    // Without a policy, row-level security shows no row and raises no error.
    showsRows: sql`select count(*) from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where n.nspname = '${schema}' and c.relname = ${parameter('table')} and (not pg_catalog.row_security_active(c.oid)
        or exists (select 1 from pg_catalog.pg_policy as p where p.polrelid = c.oid))`,
  }
}

function quote(identifier: string): string {
  return `"${identifier}"`
}

function columnParameter(column: string): string {
  return `${column}_of_rows`
}

function textsOf(column: string, rows: readonly SqlRow[], ofNull: string): (string | number)[] {
  return rows.map((row) => row[column] ?? ofNull)
}
