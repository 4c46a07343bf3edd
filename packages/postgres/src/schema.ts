import { defaultTable, schemaSql } from '@sess/core/sql'
import { defaultSchema, postgresDialect } from './dialect.ts'

/**
 * The DDL of the tables, for those who run it themselves and open the store with `migrate: false`. It can be run again.
 * `table` and `schema` are as in the store's options: `'sess_sessions'` and `'public'` when left out.
 * @throws `SESS_CONFIG` for a name that is not a plain identifier
 */
export function postgresSchema({
  table = defaultTable,
  schema = defaultSchema,
}: {
  table?: string
  schema?: string
} = {}): string {
  return schemaSql(postgresDialect(schema), table)
}
