import { createHash, randomBytes } from 'node:crypto'
import type { SessionStore } from '@sess/core'
import type { ConformanceHarness, ConformanceOpenOptions } from '@sess/core/conformance'
import { type PostgresConfig, postgresStore } from '@sess/postgres'
import { type Address, type FaultProxy, startProxy } from '@sess/testkit'
import type pg from 'pg'
import postgres from 'postgres'
import type { ClientKind } from './clients.ts'

/** What a store of a test was opened with, for its peers, its dump and its end. */
interface Opened {
  readonly schema: string
  readonly endings: (() => Promise<void>)[]
  readonly proxy: FaultProxy
}

/**
 * The conformance harness of one kind of server and client. `config` says how a store, or its peer, connects to a URL; a
 * client in it is ended after the case.
 */
export function postgresHarness(
  server: Address,
  config: (url: string) => PostgresConfig & { sql?: postgres.Sql; pool?: pg.Pool },
): ConformanceHarness {
  return harness(server, (url, given) => {
    const connection = config(url)
    const endClient = async () => {
      await connection.sql?.end({ timeout: 1 })
      await connection.pool?.end()
    }
    return { store: postgresStore({ ...connection, ...given }), endClient }
  })
}

/** The same, over one of the ways to a server. */
export function harnessOf(
  server: Address,
  kind: ClientKind | undefined,
  config: PostgresConfig = {},
): ConformanceHarness {
  return harness(server, (url, given) => (kind as ClientKind).open(url, { ...config, ...given }))
}

type Open = (url: string, given: PostgresConfig) => { store: SessionStore; endClient(): Promise<void> }

/** Each store has a schema of its own, and a proxy that can be cut. */
function harness(server: Address, openStore: Open): ConformanceHarness {
  const admin = postgres(server.url, { max: 1, idle_timeout: 1, onnotice() {} })
  const stores = new Map<SessionStore, Opened>()
  const of = (store: SessionStore) => stores.get(store) as Opened
  const open = (opened: Opened, given: ConformanceOpenOptions) => {
    const { store, endClient } = openStore(opened.proxy.through(server.url), { schema: opened.schema, ...given })
    opened.endings.push(endClient)
    stores.set(store, opened)
    return store
  }
  return {
    takesOptions: true,
    async open(given) {
      const schema = await freshSchema(admin)
      return open({ schema, endings: [], proxy: await startProxy(server) }, given)
    },
    openPeer: (store, given) => open(of(store), given),
    dump: (store) => dump(admin, of(store).schema),
    damage: (store, idOrState) => damage(admin, of(store).schema, idOrState),
    async outage(store) {
      const { proxy } = of(store)
      await proxy.refuse()
      return { end: () => proxy.restore() }
    },
    async teardown(store) {
      const { endings, proxy, schema } = of(store)
      for (const end of endings) await end()
      await admin.unsafe(`drop schema ${schema} cascade`)
      await proxy.close()
    },
  }
}

/** Makes a schema and resolves with its name. */
export async function freshSchema(admin: postgres.Sql): Promise<string> {
  const schema = `test_${randomBytes(6).toString('hex')}`
  await admin.unsafe(`create schema ${schema}`)
  return schema
}

/** Cuts what is stored for an id or a state in half. */
async function damage(sql: postgres.Sql, schema: string, idOrState: string): Promise<void> {
  const hash = createHash('sha256').update(idOrState).digest('base64url')
  const keys = [hash, `=${hash}`]
  const tables = await sql`select table_name from information_schema.columns
    where table_schema = ${schema} and column_name = 'payload'`
  for (const { table_name: table } of tables) {
    await sql`update ${sql(schema)}.${sql(table)} set payload = left(payload, length(payload) / 2) where key in ${sql(keys)}`
  }
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
