import { Cluster, Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import postgres from 'postgres'
import type { Address, ClusterAddress, SentinelAddress, ServerName, TlsAddress } from '../src/index.ts'

/** Keeps one value in a server, by the driver that the stores use too. */
export interface Conversation {
  write(value: string): Promise<unknown>
  read(): Promise<string | null>
  end(): Promise<unknown>
}

export async function talkTo(name: ServerName, address: Address): Promise<Conversation> {
  if (/^mysql|^galera|^mariadb/.test(name)) return talkToMysql(address)
  if (/^postgres|^pgbouncer/.test(name)) return talkToPostgres(address)
  return talkToRedis(redisClient(name, address))
}

function redisClient(name: ServerName, address: Address): Redis | Cluster {
  const quick = { maxRetriesPerRequest: 0, retryStrategy: () => null }
  if (name === 'redis-cluster')
    return new Cluster((address as ClusterAddress).nodes, { clusterRetryStrategy: () => null })
  if (name === 'redis-sentinel') {
    const { name: master, sentinels } = address as SentinelAddress
    return new Redis({ name: master, sentinels })
  }
  if (name === 'redis-tls') return new Redis(address.url, { ...quick, tls: { ca: (address as TlsAddress).ca } })
  return new Redis(address.url, quick)
}

function talkToRedis(redis: Redis | Cluster): Conversation {
  redis.on('error', () => {}) // the command that it belongs to rejects
  return {
    write: (value) => redis.set('testkit:{value}', value),
    read: () => redis.get('testkit:{value}'),
    end: async () => redis.disconnect(),
  }
}

function talkToPostgres({ url }: Address): Conversation {
  const sql = postgres(url, { max: 1, prepare: false, connect_timeout: 5, onnotice: () => {} })
  return {
    write: (value) =>
      sql.begin(async (sql) => {
        await sql`CREATE TABLE IF NOT EXISTS testkit (id int PRIMARY KEY, value text)`
        await sql`INSERT INTO testkit VALUES (1, ${value}) ON CONFLICT (id) DO UPDATE SET value = excluded.value`
      }),
    read: async () => (await sql`SELECT value FROM testkit WHERE id = 1`)[0]?.value ?? null,
    end: () => sql.end({ timeout: 1 }),
  }
}

async function talkToMysql({ url }: Address): Promise<Conversation> {
  const connection = await createConnection(url)
  connection.on('error', () => {})
  return {
    async write(value) {
      await connection.query('CREATE TABLE IF NOT EXISTS testkit (id int PRIMARY KEY, value text)')
      await connection.query('REPLACE INTO testkit VALUES (1, ?)', [value])
    },
    async read() {
      const [rows] = await connection.query('SELECT value FROM testkit WHERE id = 1')
      return (rows as { value: string }[])[0]?.value ?? null
    },
    end: async () => connection.destroy(),
  }
}
