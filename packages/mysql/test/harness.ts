import { randomBytes } from 'node:crypto'
import type { SessionStore } from '@sess/core'
import type { ConformanceHarness, ConformanceOpenOptions } from '@sess/core/conformance'
import { type MysqlConfig, mysqlStore } from '@sess/mysql'
import { startProxy } from '@sess/testkit'
import mysql, { type Pool, type PoolOptions, type RowDataPacket } from 'mysql2/promise'

/** What a store of a test was opened with, for its peers, its dump and its end. */
interface Opened<Way> {
  readonly table: string
  readonly pools: Pool[]
  readonly way: Way
}

interface HarnessOptions<Way> {
  readonly server: { readonly url: string }
  /** Called for each store. */
  readonly way: () => Promise<Way>
  /** How a store, or a peer on the same way, connects. A pool in it is ended after the case. */
  readonly config: (way: Way) => MysqlConfig
  readonly outage?: (way: Way) => Promise<{ end(): Promise<void> }>
  readonly close?: (way: Way) => Promise<void>
  /** What every store is opened with beside. */
  readonly options?: Pick<MysqlConfig, 'ids' | 'coalesce'>
}

/** The conformance harness of one server and kind of connection; each store has a table of its own. */
export function mysqlHarness<Way>(options: HarnessOptions<Way>): ConformanceHarness {
  const stores = new Map<SessionStore, Opened<Way>>()
  const open = (opened: Opened<Way>, given: ConformanceOpenOptions) => {
    const config = options.config(opened.way)
    if (config.pool) opened.pools.push(config.pool as Pool)
    const store = mysqlStore({ ...config, table: opened.table, ...options.options, ...given })
    stores.set(store, opened)
    return store
  }
  const of = (store: SessionStore) => stores.get(store) as Opened<Way>
  const { server, outage } = options
  return {
    takesOptions: true,
    open: async (given) => open({ table: freshTable(), pools: [], way: await options.way() }, given),
    openPeer: (store, given) => open(of(store), given),
    dump: (store) => asRoot(server, (root) => dump(root, of(store).table)),
    async teardown(store) {
      const { table, pools, way } = of(store)
      for (const pool of pools) await pool.end()
      await asRoot(server, (root) => dropTables(root, table))
      await options.close?.(way)
    },
    ...(outage && { outage: (store) => outage(of(store).way) }),
  }
}

/** A store that opens its own connections, by URL, through a proxy that can be cut. */
export function byUrl(
  server: { url: string; host: string; port: number },
  options?: Pick<MysqlConfig, 'ids' | 'coalesce'>,
) {
  return mysqlHarness({
    server,
    way: () => startProxy(server),
    config: (proxy) => ({ url: proxy.through(server.url) }),
    outage: async (proxy) => {
      await proxy.refuse()
      return { end: () => proxy.restore() }
    },
    close: (proxy) => proxy.close(),
    ...(options && { options }),
  })
}

export function freshTable(): string {
  return `t_${randomBytes(6).toString('hex')}`
}

/** Does something over a connection of root's with no option set. */
export async function asRoot<T>(
  server: { readonly url: string },
  use: (root: Pool) => Promise<T>,
  options?: PoolOptions,
) {
  const root = mysql.createPool({ uri: server.url, connectionLimit: 6, ...options })
  try {
    return await use(root)
  } finally {
    await root.end()
  }
}

/** Every row of every table that belongs to a `table` option, as text. */
export async function dump(root: Pool, table: string): Promise<string> {
  const lines: string[] = []
  for (const name of await tablesOf(root, table)) {
    const [rows] = await root.query<RowDataPacket[]>({ sql: `select * from \`${name}\``, rowsAsArray: true })
    for (const row of rows) lines.push(`${name} ${(row as unknown as unknown[]).map(String).join(' ')}`)
  }
  return lines.join('\n')
}

export async function dropTables(root: Pool, table: string): Promise<void> {
  for (const name of await tablesOf(root, table)) {
    if (name === 'sess_schema') await root.query('delete from sess_schema where table_name = ?', [table])
    else await root.query(`drop table \`${name}\``)
  }
}

async function tablesOf(root: Pool, table: string): Promise<string[]> {
  const text = `select table_name from information_schema.tables where table_schema = database()
    and table_name in (?, ?, 'sess_schema')`
  const [rows] = await root.query<RowDataPacket[]>({ sql: text, values: [table, `${table}_states`], rowsAsArray: true })
  return rows.map((row) => String((row as unknown as unknown[])[0]))
}
