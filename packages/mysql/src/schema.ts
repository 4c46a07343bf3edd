import { defaultTable, schemaSql } from '@sess/sql'
import { mysqlDialect } from './dialect.ts'

/**
 * The DDL of the tables, for those who run it themselves and open the store with `migrate: false`. It can be run again.
 * `table` is as in the store's options, `'sess_sessions'` when left out. `from`: the version that the
 * tables are at, for the DDL from there to the newest; left out, for new tables.
 * @throws `SESS_CONFIG` for a table name that is not a plain identifier
 */
export function mysqlSchema({ table = defaultTable, from }: { table?: string; from?: number } = {}): string {
  return schemaSql(mysqlDialect, table, from)
}
