import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionStore } from '@sess/core'
import type { ConformanceHarness } from '@sess/core/conformance'
import { type SqliteConfig, sqliteStore } from '@sess/sqlite'
import BetterSqlite3 from 'better-sqlite3'
import { loseLog } from './lose-log.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * The bytes of the database file, deleted rows and all, as whoever steals the disk reads them. The write-ahead log is
 * emptied first, as a clean-up does.
 */
function bytesOf(path: string): string {
  const database = new BetterSqlite3(path)
  database.pragma('wal_checkpoint(truncate)')
  database.close()
  return [path, `${path}-wal`]
    .filter(existsSync)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
}

/** Cuts what is stored for an id or a state in half. */
function damage(path: string, idOrState: string): void {
  const hash = createHash('sha256').update(idOrState).digest('base64url')
  const keys = [hash, `=${hash}`]
  const database = new BetterSqlite3(path, { timeout: 5_000 })
  for (const table of ['sess_sessions', 'sess_sessions_states']) {
    const cut = `update ${table} set payload = substr(payload, 1, length(payload) / 2) where key in (?, ?)`
    database.prepare(cut).run(keys)
  }
  database.close()
}

/** Puts the payload of one session in the place of another's. */
function move(path: string, fromId: string, toId: string): void {
  const keyOf = (id: string) => createHash('sha256').update(id).digest('base64url')
  const database = new BetterSqlite3(path, { timeout: 5_000 })
  const update = 'update sess_sessions set payload = (select payload from sess_sessions where key = ?) where key = ?'
  database.prepare(update).run(keyOf(fromId), keyOf(toId))
  database.close()
}

/** Stores on a file each. */
export function fileHarness(options: Omit<SqliteConfig, 'path'> = {}): ConformanceHarness {
  const folders = new WeakMap<SessionStore, ReturnType<typeof temporaryFolder>>()
  const pathOf = (store: SessionStore) => join(folders.get(store)?.path ?? '', 'sessions.db')
  return {
    takesOptions: true,
    open(more) {
      const folder = temporaryFolder()
      const store = sqliteStore({ path: join(folder.path, 'sessions.db'), ...options, ...more })
      folders.set(store, folder)
      return store
    },
    openPeer: (store, more) => sqliteStore({ path: pathOf(store), ...options, ...more }),
    dump: (store) => bytesOf(pathOf(store)),
    damage: (store, idOrState) => damage(pathOf(store), idOrState),
    move: (store, fromId, toId) => move(pathOf(store), fromId, toId),
    outage: (store) => loseLog(pathOf(store)),
    teardown: (store) => folders.get(store)?.remove(),
  }
}
