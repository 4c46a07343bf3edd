import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionStore } from '@sess/core'
import { mysqlStore } from '@sess/mysql'
import { postgresStore } from '@sess/postgres'
import { redisStore } from '@sess/redis'
import { sqliteStore } from '@sess/sqlite'
import { shared } from '@sess/testkit'
import { betterAuth } from 'better-auth-lowest'
import { memoryAdapter } from 'better-auth-lowest/adapters/memory'
import { newest, type Version } from './application.ts'
import { describePromises, type Pair } from './promises.ts'

const lowest = { betterAuth, memoryAdapter } as unknown as Version

/** Two stores with connections of their own. */
function pairOf(open: () => SessionStore, cleanUp = () => {}): Pair {
  const [one, other] = [open(), open()]
  return {
    one,
    other,
    async close() {
      await Promise.all([one.close(), other.close()])
      cleanUp()
    },
  }
}

const freshName = () => `t${randomBytes(6).toString('hex')}`

const [redis, postgres, mysql] = await Promise.all([shared('redis7'), shared('postgres15'), shared('mysql9')])

async function onRedis(): Promise<Pair> {
  const sessionPrefix = `${freshName()}:`
  return pairOf(() => redisStore({ url: redis.url, sessionPrefix, statePrefix: `${sessionPrefix}state:` }))
}

async function onPostgres(): Promise<Pair> {
  const table = freshName()
  return pairOf(() => postgresStore({ url: postgres.url, table }))
}

async function onMysql(): Promise<Pair> {
  const table = freshName()
  return pairOf(() => mysqlStore({ url: mysql.url, table }))
}

async function onSqlite(): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), 'sess-better-auth-'))
  return pairOf(
    () => sqliteStore({ path: join(folder, 'sessions.db') }),
    () => rmSync(folder, { recursive: true }),
  )
}

describePromises('Redis', onRedis, newest)
describePromises('Postgres', onPostgres, newest)
describePromises('MySQL', onMysql, newest)
describePromises('SQLite', onSqlite, newest)
describePromises('Redis, with the lowest Better Auth of the range', onRedis, lowest)
