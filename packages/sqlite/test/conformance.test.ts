import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionStore } from '@sess/core'
import { describeConformance } from '@sess/core/conformance'
import { sqliteStore } from '@sess/sqlite'
import BetterSqlite3 from 'better-sqlite3'
import { describe, it } from 'vitest'
import { fileHarness } from './harness.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('a file', () => describeConformance({ describe, it }, fileHarness()))

describe('a file, each operation alone', () => describeConformance({ describe, it }, fileHarness({ coalesce: false })))

describe('a database without a write-ahead log that the application handed in', () => {
  const files = new WeakMap<
    SessionStore,
    { folder: ReturnType<typeof temporaryFolder>; databases: BetterSqlite3.Database[] }
  >()
  const connect = (path: string) => {
    const database = new BetterSqlite3(path, { timeout: 0 })
    database.pragma('synchronous = off')
    database.pragma('secure_delete = on')
    return database
  }
  const options = { table: 'My_Sessions', busyTimeoutMs: 500 }
  const fileOf = (store: SessionStore) => files.get(store) as NonNullable<ReturnType<typeof files.get>>
  describeConformance(
    { describe, it },
    {
      takesOptions: true,
      open(more) {
        const folder = temporaryFolder()
        const database = connect(join(folder.path, 'sessions.db'))
        const store = sqliteStore({ database, ...options, ...more })
        files.set(store, { folder, databases: [database] })
        return store
      },
      openPeer(store, more) {
        const { folder, databases } = fileOf(store)
        const database = connect(join(folder.path, 'sessions.db'))
        databases.push(database)
        return sqliteStore({ database, ...options, ...more })
      },
      dump: (store) => readFileSync(join(fileOf(store).folder.path, 'sessions.db'), 'utf8'),
      // Here nobody reads while another connection has the file for itself.
      outage(store) {
        const other = connect(join(fileOf(store).folder.path, 'sessions.db'))
        other.exec('begin exclusive')
        return { end: () => void other.close() }
      },
      teardown(store) {
        const { folder, databases } = fileOf(store)
        for (const database of databases) database.close()
        folder.remove()
      },
    },
  )
})

describe('a database in memory that the application handed in', () => {
  const databases = new WeakMap<SessionStore, BetterSqlite3.Database>()
  const databaseOf = (store: SessionStore) => databases.get(store) as BetterSqlite3.Database
  const config = { busyTimeoutMs: 500 }
  describeConformance(
    { describe, it },
    {
      takesOptions: true,
      open(options) {
        const database = new BetterSqlite3(':memory:')
        database.pragma('secure_delete = on')
        const store = sqliteStore({ database, ...config, ...options })
        databases.set(store, database)
        return store
      },
      openPeer: (store, options) => sqliteStore({ database: databaseOf(store), ...config, ...options }),
      dump: (store) => databaseOf(store).serialize().toString('utf8'),
      // Here nothing can be away but the application, which has a transaction open and does not end it.
      outage(store) {
        databaseOf(store).exec('begin')
        return { end: () => void databaseOf(store).exec('rollback') }
      },
      teardown: (store) => void databaseOf(store).close(),
    },
  )
})
