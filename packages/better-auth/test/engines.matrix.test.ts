import { randomBytes } from 'node:crypto'
import { postgresStore } from '@sess/postgres'
import { redisStore } from '@sess/redis'
import { shared } from '@sess/testkit'
import { betterAuth } from 'better-auth-lowest'
import { memoryAdapter } from 'better-auth-lowest/adapters/memory'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { afterAll } from 'vitest'
import { newest, type Version } from './application.ts'
import { describePromises, type Pair } from './promises.ts'

const redis = await shared('redis7')
const client = new Redis(redis.url)
afterAll(() => client.disconnect())

async function onRedis(): Promise<Pair> {
  const sessionPrefix = `t${randomBytes(6).toString('hex')}:`
  const options = { sessionPrefix, statePrefix: `${sessionPrefix}state:` }
  const peer = new Redis(redis.url)
  const [one, other] = [redisStore({ client, ...options }), redisStore({ client: peer, ...options })]
  return {
    one,
    other,
    async close() {
      await Promise.all([one.close(), other.close()])
      peer.disconnect()
    },
  }
}

const { url } = await shared('postgres15')

async function onPostgres(): Promise<Pair> {
  const table = `t${randomBytes(6).toString('hex')}`
  const [first, second] = [postgres(url, { onnotice() {} }), postgres(url, { onnotice() {} })]
  const [one, other] = [postgresStore({ sql: first, table }), postgresStore({ sql: second, table })]
  return {
    one,
    other,
    async close() {
      await Promise.all([one.close(), other.close()])
      await Promise.all([first.end({ timeout: 1 }), second.end({ timeout: 1 })])
    },
  }
}

const lowest = { betterAuth, memoryAdapter } as unknown as Version

describePromises('Redis', onRedis, newest)
describePromises('Postgres', onPostgres, newest)
describePromises('Redis, with the lowest Better Auth of the range', onRedis, lowest)
