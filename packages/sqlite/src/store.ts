import { resolve } from 'node:path'
import { createSessionStore, defaultTimeoutMs, type JsonObject, type SessionStore, type WithData } from '@sess/core'
import { parseOptions } from '@sess/core/config'
import { createSqlBackend } from '@sess/sql'
import type BetterSqlite3 from 'better-sqlite3'
import { type SqliteConfig, sqliteConfig } from './config.ts'
import { connect } from './connect.ts'
import { sqliteDialect } from './dialect.ts'
import { SqliteDriver, type SqliteDriverOptions } from './driver.ts'
import { type FileStorage, fileBackend } from './file-backend.ts'

/** The one connection blocks, so a second lane would only split the batches. */
const batching = {
  maxOperations: 256,
  readLanes: 1,
  writeLanes: 1,
  gatherWritesFor: 'turn',
  immediate: 'first-read',
} as const

/**
 * A store in a SQLite database: the file at `path` (made where there is none; `:memory:` for none), or the `database` of
 * better-sqlite3 that is handed in, which keeps its pragmas and stays open. Nothing is opened before the first use.
 *
 * `table` (default `'sess_sessions'`) names the table of the sessions. `migrate` (default true) makes and migrates it.
 * `synchronous` (default `'full'`: a write resolves when it would survive a power cut) may be `'normal'` for a file.
 * `busyTimeoutMs` (default, and at most, four fifths of `timeoutMs`) is the most that an operation waits for another
 * process. The options of every store apply as well.
 * @throws `SESS_CONFIG` with every problem of the options at once
 */
export function sqliteStore<Data extends object = JsonObject>(
  options: WithData<SqliteConfig, Data>,
): SessionStore<Data> {
  const {
    path,
    database,
    table,
    migrate,
    synchronous = 'full',
    busyTimeoutMs: givenMs = Number.POSITIVE_INFINITY,
    ...common
  } = parseOptions('sqlite', sqliteConfig, options as SqliteConfig)
  // A caller that waits learns the reason before the time-out, which says less.
  const busyTimeoutMs = Math.min(givenMs, 0.8 * (common.timeoutMs ?? defaultTimeoutMs))
  const storage = (options: Omit<SqliteDriverOptions, 'busyTimeoutMs'>) => {
    const driver = new SqliteDriver({ ...options, busyTimeoutMs })
    const backend = createSqlBackend({ type: 'sqlite', driver, dialect: sqliteDialect, table, migrate, batching })
    return { backend, truncateLog: () => driver.truncateLog() } as FileStorage
  }
  if (database !== undefined) {
    const handedIn = database as BetterSqlite3.Database
    return createSessionStore<Data>(storage({ connect: () => handedIn }).backend, common)
  }
  const inFile = (file: string, isThere?: boolean) =>
    storage({ connect: () => connect({ path: file, synchronous, busyTimeoutMs }, isThere), path: file })
  const file = path === undefined || path === ':memory:' ? null : resolve(path)
  const backend = file === null ? inFile(':memory:').backend : fileBackend(file, (isThere) => inFile(file, isThere))
  return createSessionStore<Data>(backend, common)
}
