import { createSessionStore, type JsonObject, type SessionStore } from '@sess/core'
import { parseOptions } from '@sess/core/config'
import { createSqlBackend } from '@sess/core/sql'
import { OwnClient, sharedClient } from './client.ts'
import { type PostgresConfig, postgresConfig } from './config.ts'
import { defaultSchema, postgresDialect } from './dialect.ts'
import { PostgresDriver } from './driver.ts'

const batching = { maxOperations: 256, readLanes: 2, writeLanes: 2 }
const defaultTimeoutMs = 5_000

/**
 * A store in a PostgreSQL database, through postgres.js. Nothing connects before the first use.
 *
 * One of these says where it is:
 * - `sql`: a client of postgres.js with any options, in use for other things too; `close` leaves it open.
 * - `url`: `postgres://user:password@host:port/database`; the store has a pool of at most `max` (default 10) connections.
 *
 * `table` (default `'sess_sessions'`) names the table of the sessions and `schema` (default `'public'`) where it is,
 * whatever the search_path. `migrate` (default true) makes and migrates it. `prepare` (default true) is false behind a
 * PgBouncer that pools transactions and is older than 1.21. The options of every store apply as well.
 * @throws `SESS_CONFIG` with every problem of the options at once
 * @example
 * ```ts
 * const store = postgresStore({ sql: postgres('postgres://app@127.0.0.1/app'), ttl: '12h' })
 * ```
 */
export function postgresStore<Data extends object = JsonObject>(options: PostgresConfig): SessionStore<Data> {
  const {
    sql,
    url = '',
    table,
    schema = defaultSchema,
    prepare,
    migrate,
    max = 10,
    ...common
  } = parseOptions('postgres', postgresConfig, options)
  const timeoutMs = common.timeoutMs ?? defaultTimeoutMs
  const source = sql === undefined ? new OwnClient({ url, max, prepare, timeoutMs }) : sharedClient(sql)
  const driver = new PostgresDriver({ source, prepare: prepare ?? true, timeoutMs })
  const dialect = postgresDialect(schema)
  const backend = createSqlBackend({ type: 'postgres', driver, dialect, table, migrate, batching })
  return createSessionStore<Data>(backend, common)
}
