import { shared } from '@sess/testkit'
import BetterSqlite3 from 'better-sqlite3'
import createSqliteStore from 'better-sqlite3-session-store'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import expressMysqlSession from 'express-mysql-session'
import session, { type Store } from 'express-session'
import makeMemoryStore from 'memorystore'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { createClient } from 'redis'
import { vi } from 'vitest'
import { ownDatabase } from './own-database.ts'

/** What is done with a store of express-session at a late save, and what the others do. */
export interface Peer {
  readonly name: string
  readonly open: () => Promise<Store & AsyncDisposable>
}

function disposable(store: Store, close: () => unknown = () => {}): Store & AsyncDisposable {
  return Object.assign(store, { [Symbol.asyncDispose]: async () => void (await close()) })
}

/** Those that need no server. */
export const embeddedPeers: Peer[] = [
  { name: 'MemoryStore', open: async () => disposable(new session.MemoryStore()) },
  {
    name: 'memorystore',
    open: async () => disposable(new (makeMemoryStore(session))({ checkPeriod: 86_400_000 })),
  },
  {
    name: 'better-sqlite3-session-store',
    async open() {
      const client = new BetterSqlite3(':memory:')
      // It keeps a timer that nobody can end, and that would keep this process.
      const timer = vi.spyOn(globalThis, 'setInterval').mockReturnValueOnce(undefined as never)
      const store = new (createSqliteStore(session))({ client })
      timer.mockRestore()
      return disposable(store as unknown as Store, () => client.close())
    },
  },
]

export const servedPeers: Peer[] = [
  {
    name: 'connect-redis',
    async open() {
      const client = await createClient({ url: (await shared('redis7')).url }).connect()
      return disposable(new RedisStore({ client, prefix: `peer:${Date.now()}:` }), () => client.close())
    },
  },
  {
    name: 'connect-pg-simple',
    async open() {
      const pool = new pg.Pool({ connectionString: await ownDatabase('postgres15') })
      const store = new (connectPgSimple(session))({
        pool,
        tableName: 'peer_sessions',
        createTableIfMissing: true,
        pruneSessionInterval: false,
      })
      return disposable(store, async () => {
        await store.close()
        await pool.end()
      })
    },
  },
  {
    name: 'express-mysql-session',
    async open() {
      const pool = mysql.createPool((await shared('mysql9')).url)
      const MysqlStore = expressMysqlSession(session as never)
      const store = new MysqlStore({ clearExpired: false, createDatabaseTable: true }, pool as never)
      await store.onReady()
      return disposable(store as unknown as Store, () => pool.end())
    },
  },
]
