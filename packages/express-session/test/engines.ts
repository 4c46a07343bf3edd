import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionStore, StoreOptions } from '@sess/core'
import { mysqlStore } from '@sess/mysql'
import { postgresStore } from '@sess/postgres'
import { redisStore } from '@sess/redis'
import { sqliteStore } from '@sess/sqlite'
import { isSkipped, type SingleName, shared } from '@sess/testkit'
import BetterSqlite3 from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { createClient } from 'redis'
import { onTestFinished } from 'vitest'

/** A store of sess on a real engine, over a client as applications hold it, with nobody else's sessions in it. */
export interface Engine {
  readonly name: string
  /** The server it needs; left out: none. */
  readonly server?: SingleName
  open(options?: StoreOptions): Promise<SessionStore>
}

const ownName = () => `t${randomBytes(6).toString('hex')}`

/** Closed when the test is over, its client after it. */
function untilTheEnd(store: SessionStore, close: () => unknown): SessionStore {
  onTestFinished(async () => {
    await store.close()
    await close()
  })
  return store
}

function redisEngine(server: 'redis7' | 'valkey9'): Engine {
  return {
    name: server,
    server,
    async open(options) {
      const client = createClient({ url: (await shared(server)).url })
      client.on('error', () => {})
      await client.connect()
      const prefix = ownName()
      const prefixes = { sessionPrefix: `${prefix}:s:`, statePrefix: `${prefix}:t:` }
      return untilTheEnd(redisStore({ client, ...prefixes, ...options }), () => client.close())
    },
  }
}

function postgresEngine(server: 'postgres15' | 'postgres-newest'): Engine {
  return {
    name: server,
    server,
    async open(options) {
      const pool = new pg.Pool({ connectionString: (await shared(server)).url })
      return untilTheEnd(postgresStore({ pool, table: ownName(), ...options }), () => pool.end())
    },
  }
}

function mysqlEngine(server: 'mysql9' | 'mariadb'): Engine {
  return {
    name: server,
    server,
    async open(options) {
      const pool = mysql.createPool((await shared(server)).url)
      return untilTheEnd(mysqlStore({ pool, table: ownName(), ...options }), () => pool.end())
    },
  }
}

const sqliteEngine: Engine = {
  name: 'sqlite',
  async open(options) {
    const folder = mkdtempSync(join(tmpdir(), 'sess-express-'))
    const database = new BetterSqlite3(join(folder, 'sessions.db'))
    return untilTheEnd(sqliteStore({ database, ...options }), () => {
      database.close()
      rmSync(folder, { recursive: true, force: true })
    })
  },
}

const isThere = ({ server }: Engine) => server === undefined || !isSkipped(server)

/** One that sends a script for each write, and one that speaks SQL. */
export const firstEngines: readonly Engine[] = [redisEngine('redis7'), sqliteEngine].filter(isThere)

export const otherEngines: readonly Engine[] = [
  redisEngine('valkey9'),
  postgresEngine('postgres15'),
  postgresEngine('postgres-newest'),
  mysqlEngine('mysql9'),
  mysqlEngine('mariadb'),
].filter(isThere)
