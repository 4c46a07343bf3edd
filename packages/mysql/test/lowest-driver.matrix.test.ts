import { describeConformance } from '@sess/core/conformance'
import { mysqlStore } from '@sess/mysql'
import { shared, startProxy } from '@sess/testkit'
import mysql from 'mysql2-lowest/promise'
import { describe, expect, it, test, vi } from 'vitest'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable, mysqlHarness } from './harness.ts'

// The store's own connections are of the lowest driver, too.
vi.mock('mysql2', () => import('mysql2-lowest'))

test('the store opens its own connections with the lowest mysql2', async () => {
  const [opened, lowest] = await Promise.all([import('mysql2'), import('mysql2-lowest')])
  expect(opened.createConnection).toBe(lowest.createConnection)
})

describe.each(engines)('%s with the lowest mysql2 of the range, by URL', async (name) => {
  describeConformance(
    { describe, it },
    mysqlHarness(await shared(name), (url) => ({ url })),
  )
})

describe.each(engines)('%s with a pool of the lowest mysql2 of the range', async (name) => {
  describeConformance(
    { describe, it },
    // Its types differ from those of the newest, what it does not.
    mysqlHarness(await shared(name), (uri) => ({ pool: mysql.createPool({ uri, connectionLimit: 4 }) as never })),
  )
})

test.each(engines)('%s with the lowest mysql2: what is late is killed, and a read is asked once more', async (name) => {
  const server = await shared(name)
  await using proxy = await startProxy(server)
  const table = freshTable()
  for (const whose of ['own', 'handed in'] as const) {
    const url = proxy.through(server.url)
    const pool = mysql.createPool({ uri: url, connectionLimit: 4 })
    const connection = whose === 'own' ? { url, max: 4 } : { pool: pool as never }
    const store = mysqlStore<{ v: number }>({ ...connection, table, timeoutMs: 1_500, cleanupInterval: false })
    await store.ping()
    const session = await store.create({ data: { v: 0 } })
    await asRoot(server, async (root) => {
      const dump = await root.getConnection()
      await dump.query(`lock tables ${table} read`)
      await expect(store.save({ ...session, data: { v: 1 } })).rejects.toMatchObject({ code: 'SESS_TIMEOUT' })
      const later = store.save({ ...session, data: { v: 2 } })
      await dump.query('unlock tables')
      dump.release()
      await later
    })
    expect((await store.load(session.id))?.data).toEqual({ v: 2 })
    proxy.cut()
    expect((await store.load(session.id))?.data).toEqual({ v: 2 })
    await store.close()
    await pool.end()
  }
  await asRoot(server, (root) => dropTables(root, table))
})
