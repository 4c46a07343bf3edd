import { join } from 'node:path'
import { expressStore } from '@sess/express-session'
import session, { type Store } from 'express-session'
import type { BackendName } from '../subjects/backends.ts'
import { type Place, poolSize } from '../subjects/subject.ts'

/**
 * Who is measured: sess as it is by default, sess with a touch at each request, as the peers have it, the store that most
 * people use on this engine as its README has it, and that store tuned where it can be made faster without a change of it.
 */
export const httpRoles = ['sess', 'each', 'peer', 'tuned'] as const
export type HttpRole = (typeof httpRoles)[number]

/** A store of express-session. */
export interface HttpSubject {
  role: HttpRole
  name: string
  packages: readonly string[]
  configuration: string
  open(place: Omit<Place, 'now'>): Promise<Store>
}

type Open = (place: Omit<Place, 'now'>) => Promise<Store>

/** sess and its most-used peer on one engine, each over the client that applications hold. */
function subjectsOn(
  engine: string,
  client: { packages: readonly string[]; configuration: string },
  openSess: (place: Omit<Place, 'now'>) => Promise<Parameters<typeof expressStore>[0]>,
  ...peers: { name: string; packages?: readonly string[]; configuration: string; open: Open }[]
): readonly HttpSubject[] {
  const sess = { packages: ['@sess/express-session', `@sess/${engine}`, ...client.packages] }
  const name = `@sess/express-session on @sess/${engine}`
  return [
    {
      ...sess,
      role: 'sess',
      name,
      configuration: `${client.configuration}; touches once a minute, its default`,
      open: async (place) => expressStore(await openSess(place)),
    },
    {
      ...sess,
      role: 'each',
      name: `the same, touchEvery: 0`,
      configuration: 'touches at each request that writes nothing, as the others do',
      open: async (place) => expressStore(await openSess(place), { touchEvery: 0 }),
    },
    ...peers.map((peer, index) => ({
      ...peer,
      role: index === 0 ? ('peer' as const) : ('tuned' as const),
      packages: [peer.name, ...client.packages].filter((each) => !each.includes(' ')),
    })),
  ]
}

const memory = subjectsOn(
  'memory',
  { packages: [], configuration: 'in the process' },
  async () => (await import('@sess/memory')).memoryStore(),
  {
    name: 'memorystore',
    configuration: 'checkPeriod 24 h, as its README has it',
    async open() {
      const MemoryStore = (await import('memorystore')).default(session)
      return new MemoryStore({ checkPeriod: 86_400_000 })
    },
  },
)

const redis = subjectsOn(
  'redis',
  { packages: ['redis'], configuration: 'the client of redis (node-redis), one connection' },
  async ({ url, namespace }) => {
    const { redisStore } = await import('@sess/redis')
    const prefixes = { sessionPrefix: `${namespace}:session:`, statePrefix: `${namespace}:state:` }
    return redisStore({ client: await nodeRedis(url), ...prefixes })
  },
  {
    name: 'connect-redis',
    configuration: 'the same client, one connection; touch enabled (its default)',
    async open({ url, namespace }) {
      const { RedisStore } = await import('connect-redis')
      return new RedisStore({ client: await nodeRedis(url), prefix: `${namespace}:` })
    },
  },
)

async function nodeRedis(url: string) {
  const client = (await import('redis')).createClient({ url })
  client.on('error', () => {})
  return await client.connect()
}

const postgres = subjectsOn(
  'postgres',
  { packages: ['pg'], configuration: `a pool of pg with ${poolSize}` },
  async ({ url, namespace }) =>
    (await import('@sess/postgres')).postgresStore({ pool: await pgPool(url), table: namespace }),
  {
    name: 'connect-pg-simple',
    configuration: 'the same pool; its own table; prunes about every 15 minutes, touch enabled (its defaults)',
    async open({ url, namespace }) {
      const PgStore = (await import('connect-pg-simple')).default(session)
      const pool = await pgPool(url)
      return new PgStore({ pool, tableName: namespace, createTableIfMissing: true })
    },
  },
)

async function pgPool(connectionString: string) {
  return new (await import('pg')).default.Pool({ connectionString, max: poolSize })
}

const mysql = subjectsOn(
  'mysql',
  { packages: ['mysql2'], configuration: `a pool of mysql2 with ${poolSize}` },
  async ({ url, namespace }) =>
    (await import('@sess/mysql')).mysqlStore({ pool: await mysqlPool(url), table: namespace }),
  {
    name: 'express-mysql-session',
    configuration: 'the same pool; its own table; clears the expired every 15 minutes, touch enabled (its defaults)',
    async open({ url, namespace }) {
      const MysqlStore = (await import('express-mysql-session')).default(session as never)
      const store = new MysqlStore({ schema: { tableName: namespace } }, (await mysqlPool(url)) as never)
      await store.onReady()
      return store as unknown as Store
    },
  },
)

async function mysqlPool(uri: string) {
  return (await import('mysql2/promise')).default.createPool({ uri, connectionLimit: poolSize })
}

const sqlitePeer = (journal: 'delete' | 'wal'): Open =>
  async function open(place) {
    const SqliteStore = (await import('better-sqlite3-session-store')).default(session)
    const client = await sqliteDatabase(place, journal)
    return new SqliteStore({ client, expired: { clear: true, intervalMs: 900_000 } }) as unknown as Store
  }

const sqlite = subjectsOn(
  'sqlite',
  { packages: ['better-sqlite3'], configuration: 'a database of better-sqlite3; WAL, synchronous=FULL' },
  async (place) => (await import('@sess/sqlite')).sqliteStore({ database: await sqliteDatabase(place, 'wal') }),
  {
    name: 'better-sqlite3-session-store',
    configuration: 'as its README has it: a rollback journal, synchronous=FULL',
    open: sqlitePeer('delete'),
  },
  { name: 'that store with WAL', configuration: 'a write-ahead log, synchronous=FULL', open: sqlitePeer('wal') },
)

async function sqliteDatabase({ folder, namespace }: Omit<Place, 'now'>, journal: 'delete' | 'wal') {
  const BetterSqlite3 = (await import('better-sqlite3')).default
  const database = new BetterSqlite3(join(folder, `${namespace}.db`))
  database.pragma(`journal_mode = ${journal}`)
  database.pragma('synchronous = full')
  return database
}

export const httpSubjects: Readonly<Record<BackendName, readonly HttpSubject[]>> = {
  memory,
  sqlite,
  redis,
  postgres,
  mysql,
  mariadb: mysql,
}
