import { createSessionStore, type JsonObject, type SessionStore } from '@sess/core'
import { parseOptions } from '@sess/core/config'
import { createSqlBackend } from '@sess/core/sql'
import { type SqliteConfig, sqliteConfig } from './config.ts'
import { connect } from './connect.ts'
import { sqliteDialect } from './dialect.ts'
import { SqliteDriver } from './driver.ts'

/** As the one connection blocks, a second lane would only split the batches. */
const batching = {
  maxOperations: 256,
  readLanes: 1,
  writeLanes: 1,
  gatherWritesFor: 'turn',
  immediate: 'first-read',
} as const

/** A step blocks the event loop: of a million sessions each row is on four pages of its own, and eight take a millisecond or two. */
const cleanUpStep = 8

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
export function sqliteStore<Data extends object = JsonObject>(options: SqliteConfig): SessionStore<Data> {
  const {
    path,
    database,
    table,
    migrate,
    synchronous = 'full',
    busyTimeoutMs: givenMs = Number.POSITIVE_INFINITY,
    ...common
  } = parseOptions('sqlite', sqliteConfig, options)
  // Whoever waits is told why before the time-out tells them less.
  const busyTimeoutMs = Math.min(givenMs, 0.8 * (common.timeoutMs ?? 5_000))
  const driver = new SqliteDriver({
    connect: () => database ?? connect({ path: path ?? '', synchronous, busyTimeoutMs }),
    owned: database === undefined,
    busyTimeoutMs,
  })
  const backend = createSqlBackend({
    type: 'sqlite',
    driver,
    dialect: sqliteDialect,
    table,
    migrate,
    batching,
    cleanUpStep,
  })
  return createSessionStore<Data>(backend, common)
}
