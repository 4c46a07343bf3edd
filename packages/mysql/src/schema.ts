import { defaultTable, schemaSql } from '@sess/core/sql'
import { mysqlDialect } from './dialect.ts'

/**
 * The DDL of the tables, for those who run it themselves and open the store with `migrate: false`. It can be run again.
 * `table` is as in the store's options, `'sess_sessions'` when left out.
 * @throws `SESS_CONFIG` for a table name that is not a plain identifier
 */
export function mysqlSchema({ table = defaultTable }: { table?: string } = {}): string {
  return schemaSql(mysqlDialect, table)
}
