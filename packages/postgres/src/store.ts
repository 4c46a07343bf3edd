import { createSessionStore, defaultTimeoutMs, type JsonObject, type SessionStore, type WithData } from '@sess/core'
import { parseOptions } from '@sess/core/config'
import { createSqlBackend, defaultConnections } from '@sess/sql'
import { type PostgresConfig, postgresConfig } from './config.ts'
import { defaultSchema, postgresDialect } from './dialect.ts'
import { PostgresDriver } from './driver.ts'
import { installedLibraries, type Libraries } from './libraries.ts'
import { channelOver, channelThrough, channelTo } from './open-channel.ts'
import type { PostgresJsClient } from './postgres-js.ts'
import { readUrl } from './url.ts'

const batching = { maxOperations: 256, readLanes: 2, writeLanes: 2 }

/**
 * A store in a PostgreSQL database, through postgres.js or pg. Nothing connects before the first use.
 *
 * One of these says where it is:
 * - `sql`: a client of postgres.js with any options, in use for other things too; `close` leaves it open.
 * - `pool`: a `Pool` of pg, the same.
 * - `url`: `postgres://user:password@host:port/database`; the store has at most `max` (default 10) connections,
 *   with postgres.js, or with pg where only that is installed.
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
export function postgresStore<Data extends object = JsonObject>(
  options: WithData<PostgresConfig, Data>,
): SessionStore<Data> {
  return storeWith<Data>(installedLibraries, options as PostgresConfig)
}

/** The store, with drivers of the caller's choice. */
export function storeWith<Data extends object = JsonObject>(
  libraries: Libraries,
  options: PostgresConfig,
): SessionStore<Data> {
  const { sql, pool, url, table, migrate, ...given } = parseOptions(
    'postgres',
    postgresConfig,
    options as PostgresConfig,
  )
  const { schema, prepare, max, ...common } = given
  const read = url === undefined ? undefined : readUrl(url)
  const settings = {
    libraries,
    timeoutMs: common.timeoutMs ?? defaultTimeoutMs,
    prepare: prepare ?? read?.targets[0]?.prepare ?? true,
  }
  const channel =
    read !== undefined
      ? channelTo(read, settings, max ?? read.max ?? defaultConnections)
      : pool !== undefined
        ? channelOver(pool, settings)
        : channelThrough(sql as unknown as PostgresJsClient, settings)
  const driver = new PostgresDriver(channel)
  const dialect = postgresDialect(schema ?? read?.schema ?? defaultSchema)
  const backend = createSqlBackend({ type: 'postgres', driver, dialect, table, migrate, batching })
  return createSessionStore<Data>(backend, common)
}
