import { defaultTable, schemaSql } from '@sess/sql'
import { defaultSchema, postgresDialect } from './dialect.ts'

/**
 * The DDL of the tables, for those who run it themselves and open the store with `migrate: false`. It can be run again.
 * `table` and `schema` are as in the store's options: `'sess_sessions'` and `'public'` when left out. `from`: the version that the
 * tables are at, for the DDL from there to the newest; left out, for new tables.
 * @throws `SESS_CONFIG` for a name that is not a plain identifier
 */
export function postgresSchema({
  table = defaultTable,
  schema = defaultSchema,
  from,
}: {
  table?: string
  schema?: string
  from?: number
} = {}): string {
  return schemaSql(postgresDialect(schema), table, from)
}
