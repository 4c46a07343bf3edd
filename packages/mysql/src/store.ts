import { createSessionStore, defaultTimeoutMs, type JsonObject, type SessionStore, type WithData } from '@sess/core'
import { parseOptions } from '@sess/core/config'
import { createSqlBackend, defaultConnections } from '@sess/sql'
import { type MysqlConfig, mysqlConfig } from './config.ts'
import { parseConnectionUrl } from './connection-url.ts'
import { mysqlDialect } from './dialect.ts'
import { MysqlDriver } from './driver.ts'
import { OwnPool } from './own-pool.ts'
import { SharedPool } from './shared-pool.ts'

const batching = { maxOperations: 128, readLanes: 2, writeLanes: 2 }

/**
 * A store in a MySQL (8.0 and later) or MariaDB (10.6 and later) database, through mysql2. Nothing connects before the
 * first use.
 *
 * One of these says where it is:
 * - `pool`: a pool of mysql2 or of mysql2/promise with any options, in use for other things too; `close` leaves it open.
 * - `url`: `mysql://user:password@host:port/database`; the store has a pool of at most `max` (default 10) connections.
 *
 * `table` (default `'sess_sessions'`) names the table of the sessions, in the connection's database. `migrate` (default
 * true) makes and migrates it. The options of every store apply as well.
 * @throws `SESS_CONFIG` with every problem of the options at once
 * @example
 * ```ts
 * const store = mysqlStore({ pool: mysql.createPool('mysql://app@127.0.0.1/app'), ttl: '12h' })
 * ```
 */
export function mysqlStore<Data extends object = JsonObject>(options: WithData<MysqlConfig, Data>): SessionStore<Data> {
  const { pool, url = '', table, migrate, max, ...common } = parseOptions('mysql', mysqlConfig, options as MysqlConfig)
  const timeoutMs = common.timeoutMs ?? defaultTimeoutMs
  const source = pool === undefined ? ownPool(url, max, timeoutMs) : new SharedPool(pool, timeoutMs)
  const driver = new MysqlDriver({ source, timeoutMs })
  const backend = createSqlBackend({ type: 'mysql', driver, dialect: mysqlDialect, table, migrate, batching })
  return createSessionStore<Data>(backend, common)
}

function ownPool(url: string, max: number | undefined, timeoutMs: number): OwnPool {
  const { options: connection, max: maxOfUrl = defaultConnections } = parseConnectionUrl(url)
  return new OwnPool({ connection, max: max ?? maxOfUrl, timeoutMs })
}
