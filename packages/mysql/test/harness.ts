import { createHash, randomBytes } from 'node:crypto'
import type { SessionStore } from '@sess/core'
import type { ConformanceHarness, ConformanceOpenOptions } from '@sess/core/conformance'
import { type MysqlConfig, mysqlStore } from '@sess/mysql'
import { type Address, type FaultProxy, startProxy } from '@sess/testkit'
import mysql, { type Pool, type PoolOptions, type RowDataPacket } from 'mysql2/promise'

/** What a store of a test was opened with, for its peers, its dump and its end. */
interface Opened {
  readonly table: string
  readonly pools: Pool[]
  readonly proxy: FaultProxy
}

/**
 * The conformance harness of one server and kind of connection; each store has a table of its own, and a proxy that can
 * be cut. `config` says how a store, or its peer, connects to the URL of that; a pool in it is ended after the case.
 * Where `peers` is another node of a cluster, peers connect to that, past the proxy.
 */
export function mysqlHarness(
  server: Address,
  config: (url: string) => MysqlConfig & { pool?: Pool },
  peers: Address = server,
): ConformanceHarness {
  const stores = new Map<SessionStore, Opened>()
  const of = (store: SessionStore) => stores.get(store) as Opened
  const open = (opened: Opened, given: ConformanceOpenOptions, { url } = server) => {
    const connection = config(url === server.url ? opened.proxy.through(url) : url)
    if (connection.pool) opened.pools.push(connection.pool)
    const store = mysqlStore({ ...connection, table: opened.table, ...given })
    stores.set(store, opened)
    return store
  }
  return {
    takesOptions: true,
    open: async (given) => open({ table: freshTable(), pools: [], proxy: await startProxy(server) }, given),
    openPeer: (store, given) => open(of(store), given, peers),
    dump: (store) => asRoot(server, (root) => dump(root, of(store).table)),
    damage: (store, idOrState) => asRoot(server, (root) => damage(root, of(store).table, idOrState)),
    async outage(store) {
      const { proxy } = of(store)
      await proxy.refuse()
      return { end: () => proxy.restore() }
    },
    async teardown(store) {
      const { table, pools, proxy } = of(store)
      for (const pool of pools) await pool.end()
      await asRoot(server, (root) => dropTables(root, table))
      await proxy.close()
    },
  }
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

/** Cuts what is stored for an id or a state in half. */
async function damage(root: Pool, table: string, idOrState: string): Promise<void> {
  const hash = createHash('sha256').update(idOrState).digest('base64url')
  const keys = [hash, `=${hash}`]
  for (const name of [table, `${table}_states`]) {
    await root.query(
      `update \`${name}\` set payload = left(payload, length(payload) div 2) where \`key\` in (?, ?)`,
      keys,
    )
  }
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
