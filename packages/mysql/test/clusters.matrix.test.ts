import { mysqlStore } from '@sess/mysql'
import type { Address } from '@sess/testkit'
import mysql from 'mysql2/promise'
import { expect, test } from 'vitest'
import { onTwoNodes } from './cluster-nodes.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

const identity = { providerId: 'github', externalId: 'user_888' }

/** What is written over one node is there on the other as soon as it was told done, whoever races for it. */
async function raceFromTwoNodes(one: Address, other: Address): Promise<void> {
  const table = freshTable()
  const stores = [one, other].map(({ url }) => mysqlStore<{ n: number }>({ url, table, timeoutMs: 20_000 }))
  const [first, second] = stores as [(typeof stores)[0], (typeof stores)[0]]
  // The lock of a migration is one server's.
  await first.ping()
  for (let round = 0; round < 5; round += 1) {
    const made = await Promise.all(
      stores.flatMap((store) => [1, 2, 3, 4].map(() => store.create({ identity, data: { n: 0 } }))),
    )
    for (const store of stores) expect(await store.listByIdentity(identity)).toHaveLength(made.length)
    const counted = stores.flatMap((store) =>
      made.map(({ id }) =>
        store.update(id, ({ data }) => {
          data.n += 1
        }),
      ),
    )
    expect((await Promise.all(counted)).every((session) => session !== null)).toBe(true)
    for (const { id } of made) expect((await second.load(id))?.data).toEqual({ n: 2 })

    const [left] = made as [(typeof made)[0]]
    const deleted = await Promise.all(stores.map((store) => store.delete(left.id)))
    expect(deleted.filter(Boolean)).toHaveLength(1)
    const state = await first.putState()
    const taken = await Promise.all(stores.map((store) => store.consumeState(state)))
    expect(taken.filter((found) => found !== null)).toHaveLength(1)

    // A sign-out everywhere beside rotations on the other node leaves none.
    const rest = made.slice(1)
    await Promise.all([first.deleteByIdentity(identity), ...rest.map(({ id }) => second.rotate(id))])
    for (const store of stores) expect(await store.listByIdentity(identity)).toEqual([])
    expect(await second.count()).toBe(0)
  }
  for (const store of stores) await store.close()
  await asRoot(one, (root) => dropTables(root, table))
}

onTwoNodes('galera', 'galera', (one, other) => {
  test('two stores on two nodes race for the same sessions, and agree', () => raceFromTwoNodes(one, other), 120_000)

  test('a pool that was handed in must wait for the cluster: else it is SESS_CONFIG that says what to set', async () => {
    const table = freshTable()
    const pool = mysql.createPool(one.url)
    const store = mysqlStore({ pool, table })
    await expect(store.create()).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining('set wsrep_sync_wait = 15'),
    })
    await store.close()
    await pool.end()

    const waiting = mysql.createPool(one.url)
    waiting.on('connection', (connection) => void connection.query('set session wsrep_sync_wait = 15'))
    const waits = mysqlStore({ pool: waiting, table })
    const peer = mysqlStore({ url: other.url, table })
    for (let round = 0; round < 20; round += 1) {
      const { id } = await peer.create()
      expect(await waits.exists(id)).toBe(true)
      await waits.delete(id)
      expect(await peer.exists(id)).toBe(false)
    }
    await Promise.all([waits.close(), peer.close()])
    await waiting.end()
    await asRoot(one, (root) => dropTables(root, table))
  }, 60_000)
})

onTwoNodes('mysql-group', 'a MySQL group', (one, other) => {
  test('two stores on two nodes race for the same sessions, and agree', () => raceFromTwoNodes(one, other), 120_000)
})
