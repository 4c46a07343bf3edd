import { statSync } from 'node:fs'
import { join } from 'node:path'
import { sqliteStore } from '@sess/sqlite'
import BetterSqlite3 from 'better-sqlite3'
import createSqliteStore from 'better-sqlite3-session-store'
import session from 'express-session'
import type { SampleData } from '../sample-session.ts'
import { expressSubject } from './express-subject.ts'
import { rawSubject } from './raw-subject.ts'
import { sessSubject } from './sess-subject.ts'
import type { Place, Subject, SubjectDefinition } from './subject.ts'

/** With both a commit is on the disk before it is answered. */
type Journal = 'delete' | 'wal'

const peerSettings = 'synchronous=FULL; clears the expired every 15 minutes'

// keyv is missing: the driver of @keyv/sqlite compiles itself or is downloaded from outside the registry.
export const subjects: readonly SubjectDefinition[] = [
  {
    role: 'sess',
    name: '@sess/sqlite',
    packages: ['@sess/sqlite', 'better-sqlite3'],
    configuration: 'path; WAL and synchronous=FULL are its defaults',
    async open(place) {
      const path = fileOf(place)
      return sessSubject(sqliteStore<SampleData>({ path, now: place.now }), async () => bytesOf(path))
    },
  },
  {
    role: 'peer',
    name: 'better-sqlite3-session-store',
    packages: ['better-sqlite3-session-store', 'better-sqlite3'],
    configuration: `as its README has it, but for verbose: console.log; that is a rollback journal, ${peerSettings}`,
    open: (place) => openPeer(place, 'delete'),
  },
  {
    role: 'tuned',
    name: 'the same with WAL',
    packages: ['better-sqlite3-session-store', 'better-sqlite3'],
    configuration: `a write-ahead log, as the documentation of better-sqlite3 advises; ${peerSettings}`,
    open: (place) => openPeer(place, 'wal'),
  },
  {
    role: 'raw',
    name: 'better-sqlite3, one statement',
    packages: ['better-sqlite3'],
    configuration: 'prepared statements, autocommit; WAL, synchronous=FULL; an index on the expiry',
    open: (place) => open(place, false),
  },
  {
    role: 'batch',
    name: 'better-sqlite3, 64 in a transaction',
    packages: ['better-sqlite3'],
    configuration: 'prepared statements, one transaction; WAL, synchronous=FULL; an index on the expiry',
    open: (place) => open(place, true),
  },
]

async function openPeer(place: Place, journal: Journal): Promise<Subject> {
  const path = fileOf(place)
  const database = connect(path, journal)
  const SqliteStore = createSqliteStore(session)
  const store = new SqliteStore({ client: database, expired: { clear: true, intervalMs: 900_000 } })
  const expiry = database.prepare<[string], { expire: string }>('SELECT expire FROM sessions WHERE sid = ?')
  return expressSubject(store, {
    async expiresAt(key) {
      const row = expiry.get(key)
      return row ? new Date(row.expire).getTime() : null
    },
    bytesAtRest: async () => bytesOf(path),
    close: async () => void database.close(),
  })
}

async function open(place: Place, inBatches: boolean): Promise<Subject> {
  const path = fileOf(place)
  const database = connect(path, 'wal')
  database.exec(`CREATE TABLE IF NOT EXISTS raw (id TEXT PRIMARY KEY, data TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS raw_expires ON raw (expires)`)
  const select = database.prepare<[string, number], { data: string }>(
    'SELECT data FROM raw WHERE id = ? AND expires > ?',
  )
  const upsert = database.prepare<[string, string, number]>(
    `INSERT INTO raw (id, data, expires) VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires = excluded.expires`,
  )
  const touch = database.prepare<[number, string]>('UPDATE raw SET expires = ? WHERE id = ?')
  const remove = database.prepare<[string]>('DELETE FROM raw WHERE id = ?')
  const expiry = database.prepare<[string], { expires: number }>('SELECT expires FROM raw WHERE id = ?')
  const selectMany = database.transaction((keys: readonly string[]) => {
    const now = Date.now()
    return keys.map((key) => select.get(key, now)?.data)
  })
  const upsertMany = database.transaction((keys: string[], texts: string[], expiresAt: number) => {
    keys.forEach((key, index) => {
      upsert.run(key, texts[index] ?? '', expiresAt)
    })
  })
  const driver = {
    get: async (key: string) => select.get(key, Date.now())?.data,
    set: async (key: string, text: string, expiresAt: number) => upsert.run(key, text, expiresAt),
    touch: async (key: string, expiresAt: number) => touch.run(expiresAt, key),
    delete: async (key: string) => remove.run(key),
    expiresAt: async (key: string) => expiry.get(key)?.expires ?? null,
    bytesAtRest: async () => bytesOf(path),
    close: async () => void database.close(),
  }
  const batches = {
    get: async (keys: readonly string[]) => selectMany(keys),
    set: async (keys: string[], texts: string[], expiresAt: number) => upsertMany.immediate(keys, texts, expiresAt),
  }
  return rawSubject(driver, inBatches ? batches : undefined)
}

function fileOf({ folder, namespace }: Place): string {
  return join(folder, `${namespace}.db`)
}

function connect(path: string, journal: Journal): BetterSqlite3.Database {
  const database = new BetterSqlite3(path)
  database.pragma(`journal_mode = ${journal}`)
  database.pragma('synchronous = full')
  return database
}

/** The size of the database once everything is in its main file. */
function bytesOf(path: string): number {
  const database = new BetterSqlite3(path)
  database.pragma('wal_checkpoint(truncate)')
  database.close()
  return statSync(path).size
}
