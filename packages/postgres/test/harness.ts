import { randomBytes } from 'node:crypto'
import type { SessionStore } from '@sess/core'
import type { ConformanceHarness, ConformanceOpenOptions } from '@sess/core/conformance'
import { type PostgresConfig, postgresStore } from '@sess/postgres'
import postgres from 'postgres'

/** What a store of a test was opened with, for its peers, its dump and its end. */
interface Opened<Way> {
  readonly schema: string
  readonly clients: postgres.Sql[]
  readonly way: Way
}

interface HarnessOptions<Way> {
  /** The server, for whoever makes the schema of a store and looks at what is in it. */
  readonly url: string
  /** Called for each store: what its `config` needs, e.g. a proxy. */
  readonly way: () => Promise<Way>
  /** How a store, or a peer on the same way, connects. A client in it is ended after the case. */
  readonly config: (way: Way) => PostgresConfig & { sql?: postgres.Sql }
  readonly outage?: (way: Way) => Promise<{ end(): Promise<void> }>
  readonly close?: (way: Way) => Promise<void>
}

/** The conformance harness of one kind of server and client; each store has a schema of its own. */
export function postgresHarness<Way = void>(options: HarnessOptions<Way>): ConformanceHarness {
  const { url, way, config, outage, close } = options
  const admin = postgres(url, { max: 1, idle_timeout: 1, onnotice() {} })
  const stores = new Map<SessionStore, Opened<Way>>()
  const of = (store: SessionStore) => stores.get(store) as Opened<Way>
  const open = (opened: Opened<Way>, given: ConformanceOpenOptions) => {
    const connection = config(opened.way)
    if (connection.sql) opened.clients.push(connection.sql)
    const store = postgresStore({ ...connection, schema: opened.schema, ...given })
    stores.set(store, opened)
    return store
  }
  return {
    takesOptions: true,
    async open(given) {
      const schema = await freshSchema(admin)
      return open({ schema, clients: [], way: await way() }, given)
    },
    openPeer: (store, given) => open(of(store), given),
    dump: (store) => dump(admin, of(store).schema),
    async teardown(store) {
      const { clients, way, schema } = of(store)
      for (const client of clients) await client.end({ timeout: 1 })
      await admin.unsafe(`drop schema ${schema} cascade`)
      await close?.(way)
    },
    ...(outage && { outage: (store) => outage(of(store).way) }),
  }
}

/** Makes a schema and resolves with its name. */
export async function freshSchema(admin: postgres.Sql): Promise<string> {
  const schema = `test_${randomBytes(6).toString('hex')}`
  await admin.unsafe(`create schema ${schema}`)
  return schema
}

/** Every row of every table of a schema, as text. */
async function dump(sql: postgres.Sql, schema: string): Promise<string> {
  const tables = await sql`select tablename from pg_tables where schemaname = ${schema} order by tablename`
  const texts: string[] = []
  for (const { tablename } of tables) {
    const rows = await sql`select t::text as text from ${sql(schema)}.${sql(tablename)} as t order by 1`
    texts.push(`${tablename}:`, ...rows.map(({ text }) => String(text)))
  }
  return texts.join('\n')
}
