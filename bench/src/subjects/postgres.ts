import KeyvPostgres from '@keyv/postgres'
import { postgresStore } from '@sess/postgres'
import createPgStore from 'connect-pg-simple'
import session from 'express-session'
import Keyv from 'keyv'
import pg from 'pg'
import postgres from 'postgres'
import type { SampleData } from '../sample-session.ts'
import { type ExpressStore, expressSubject } from './express-subject.ts'
import { keyvSubject } from './keyv-subject.ts'
import { rawSubject } from './raw-subject.ts'
import { sessSubject } from './sess-subject.ts'
import { type Place, poolSize, type Subject, type SubjectDefinition } from './subject.ts'

export const subjects: readonly SubjectDefinition[] = [
  {
    role: 'sess',
    name: '@sess/postgres',
    packages: ['@sess/postgres', 'postgres'],
    configuration: `url; a pool of ${poolSize}`,
    async open(place) {
      await makeSchema(place)
      const { url, namespace: schema, now } = place
      return sessSubject(postgresStore<SampleData>({ url, schema, max: poolSize, now }), () => databaseSize(url))
    },
  },
  {
    role: 'peer',
    name: 'connect-pg-simple',
    packages: ['connect-pg-simple', 'pg'],
    configuration: `a pool of pg with ${poolSize}; its own table; prunes about every 15 minutes, touch enabled (its defaults)`,
    async open(place) {
      await makeSchema(place)
      const { url, namespace: schemaName } = place
      const pool = new pg.Pool({ connectionString: url, max: poolSize })
      const PgStore = createPgStore(session)
      const store = new PgStore({ pool, schemaName, createTableIfMissing: true })
      return expressSubject(store as unknown as ExpressStore, {
        async expiresAt(key) {
          const sql = `SELECT extract(epoch FROM expire::timestamptz) * 1000 AS at FROM "${schemaName}".session WHERE sid = $1`
          const { rows } = await pool.query<{ at: string }>(sql, [key])
          return rows[0] ? Number(rows[0].at) : null
        },
        bytesAtRest: () => databaseSize(url),
        close: () => pool.end(),
      })
    },
  },
  {
    role: 'keyv',
    name: '@keyv/postgres',
    packages: ['keyv', '@keyv/postgres', 'pg'],
    configuration: `uri; a pool of pg with ${poolSize}`,
    async open(place) {
      await makeSchema(place)
      const { url: uri, namespace: schema } = place
      const keyv = new Keyv({ store: new KeyvPostgres({ uri, schema, max: poolSize }) })
      return keyvSubject(keyv, () => databaseSize(uri))
    },
  },
  {
    role: 'raw',
    name: 'postgres.js, one statement',
    packages: ['postgres'],
    configuration: `prepared, a pool of ${poolSize}; an index on the expiry`,
    open: (place) => open(place, false),
  },
  {
    role: 'batch',
    name: 'postgres.js, 64 in a statement',
    packages: ['postgres'],
    configuration: `= ANY and unnest, prepared, a pool of ${poolSize}; an index on the expiry`,
    open: (place) => open(place, true),
  },
]

async function open(place: Place, inBatches: boolean): Promise<Subject> {
  await makeSchema(place)
  const { url, namespace } = place
  const sql = postgres(url, { max: poolSize, onnotice: () => {} })
  const table = sql(`${namespace}.raw`)
  await sql`CREATE TABLE IF NOT EXISTS ${table} (id text PRIMARY KEY, data text NOT NULL, expires bigint NOT NULL)`
  await sql`CREATE INDEX IF NOT EXISTS raw_expires ON ${table} (expires)`
  const driver = {
    async get(key: string) {
      const [row] = await sql<
        { data: string }[]
      >`SELECT data FROM ${table} WHERE id = ${key} AND expires > ${Date.now()}`
      return row?.data
    },
    set: async (key: string, text: string, expiresAt: number) =>
      sql`INSERT INTO ${table} (id, data, expires) VALUES (${key}, ${text}, ${expiresAt})
          ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires = excluded.expires`,
    touch: async (key: string, expiresAt: number) => sql`UPDATE ${table} SET expires = ${expiresAt} WHERE id = ${key}`,
    delete: async (key: string) => sql`DELETE FROM ${table} WHERE id = ${key}`,
    async expiresAt(key: string) {
      const [row] = await sql<{ expires: string }[]>`SELECT expires FROM ${table} WHERE id = ${key}`
      return row ? Number(row.expires) : null
    },
    bytesAtRest: () => databaseSize(url),
    close: () => sql.end(),
  }
  const batches = {
    async get(keys: readonly string[]) {
      const rows = await sql<{ id: string; data: string }[]>`
        SELECT id, data FROM ${table} WHERE id = ANY(${keys as string[]}) AND expires > ${Date.now()}`
      const texts = new Map(rows.map(({ id, data }) => [id, data]))
      return keys.map((key) => texts.get(key))
    },
    set: async (keys: string[], texts: string[], expiresAt: number) =>
      sql`INSERT INTO ${table} (id, data, expires) SELECT id, data, ${expiresAt}::bigint
          FROM unnest(${keys}::text[], ${texts}::text[]) AS new (id, data)
          ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires = excluded.expires`,
  }
  return rawSubject(driver, inBatches ? batches : undefined)
}

/** A schema for each place: connect-pg-simple gives every table of its the same index name. */
async function makeSchema({ url, namespace }: Place): Promise<void> {
  await asked(url, `CREATE SCHEMA IF NOT EXISTS "${namespace}"`)
}

async function databaseSize(url: string): Promise<number> {
  return Number((await asked(url, 'SELECT pg_database_size(current_database()) AS bytes')).rows[0]?.bytes)
}

async function asked(url: string, text: string): Promise<pg.QueryResult<{ bytes: string }>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}
