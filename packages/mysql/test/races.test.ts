import { createHash } from 'node:crypto'
import { mysqlStore } from '@sess/mysql'
import { shared } from '@sess/testkit'
import mysql, { type Pool } from 'mysql2/promise'
import { afterAll, expect, test } from 'vitest'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

const pools: Pool[] = []
afterAll(() => Promise.all(pools.map((pool) => pool.end())))

const identity = { providerId: 'github', externalId: 'user_888' }

test.each(engines)(
  'on %s, two stores that do everything to the same twenty sessions at once meet no error and lose no update',
  async (name) => {
    const server = await shared(name)
    const table = freshTable()
    const pool = mysql.createPool({ uri: server.url })
    pools.push(pool)
    const stores = [
      mysqlStore<{ n: number }>({ url: server.url, table, timeoutMs: 20_000 }),
      mysqlStore<{ n: number }>({ pool, table, timeoutMs: 20_000 }),
    ]
    const [first, second] = stores as [(typeof stores)[0], (typeof stores)[0]]
    const sessions = await Promise.all(Array.from({ length: 20 }, () => first.create({ data: { n: 0 }, identity })))
    const ids = sessions.map(({ id }) => id)

    const rounds = Array.from({ length: 5 }, (_, round) => round)
    await Promise.all(
      stores.map(async (store, which) => {
        for (const round of rounds) {
          // Each store in an order of its own: only sorted keys keep them from waiting for each other in a circle.
          const order = which === 0 ? ids : ids.toReversed()
          const passing = order.map((id) => `${id}-${round % 2}`)
          await Promise.all([
            ...order.map((id) =>
              store.update(id, ({ data }) => {
                data.n += 1
              }),
            ),
            ...order.map((id) => store.touch(id, { ttl: '1h' })),
            ...passing.map((id) => store.save({ id, expiresAt: new Date(Date.now() + 60_000), identity })),
            ...passing.map((id) => store.delete(id)),
            ...passing.map((id) => store.rotate(id)),
            store.listByIdentity(identity),
            store.cleanExpired(),
          ])
        }
      }),
    )
    const counts = (await Promise.all(ids.map((id) => second.load(id)))).map((session) => session?.data.n)
    expect(counts).toEqual(ids.map(() => stores.length * rounds.length))

    const ended = await Promise.all([first.deleteByIdentity(identity), ...ids.map((id) => second.rotate(id))])
    expect(ended[0]).toBeGreaterThanOrEqual(20)
    expect(await second.listByIdentity(identity)).toEqual([])
    for (const store of stores) await store.close()
    await asRoot(server, (root) => dropTables(root, table))
  },
  60_000,
)

test.each(engines)('on %s, of many that delete one session or take one state, one is told so', async (name) => {
  const server = await shared(name)
  const table = freshTable()
  const stores = Array.from({ length: 4 }, () => mysqlStore({ url: server.url, table, max: 2 }))
  const [first] = stores as [(typeof stores)[0]]
  for (let round = 0; round < 10; round += 1) {
    const { id } = await first.create()
    const state = await first.putState()
    const [deleted, taken] = await Promise.all([
      Promise.all(stores.map((store) => store.delete(id))),
      Promise.all(stores.map((store) => store.consumeState(state))),
    ])
    expect(deleted.filter(Boolean)).toHaveLength(1)
    expect(taken.filter((found) => found !== null)).toHaveLength(1)
  }
  for (const store of stores) await store.close()
  await asRoot(server, (root) => dropTables(root, table))
})

test.each(engines)(
  'on %s, what is locked by another keeps no writer of other sessions waiting, in a table of two rows either',
  async (name) => {
    const server = await shared(name)
    const table = freshTable()
    const pool = mysql.createPool({ uri: server.url })
    pools.push(pool)
    const store = mysqlStore<{ n: number }>({ pool, table, timeoutMs: 3_000 })
    const expiresAt = new Date(Date.now() + 60_000)
    for (const id of ['locked', 'free']) await store.save({ id, expiresAt })
    const holder = await pool.getConnection()
    await holder.query('set transaction isolation level read committed')
    await holder.query('start transaction')
    await holder.query(`select * from ${table} where \`key\` = ? for update`, [
      createHash('sha256').update('locked').digest('base64url'),
    ])

    await store.update('free', ({ data }) => {
      data.n = 1
    })
    const touched = await Promise.all(['free', 'unknown', 'zzz'].map((id) => store.touch(id)))
    expect(touched.map((at) => at !== null)).toEqual([true, false, false])
    const free = await store.load('free')
    await Promise.all([free && store.save(free), store.save({ id: 'other', expiresAt })])
    expect(await store.delete('other')).toBe(true)
    expect((await store.rotate('free'))?.data).toEqual({ n: 1 })

    await holder.query('rollback')
    holder.release()
    await store.close()
    await asRoot(server, (root) => dropTables(root, table))
  },
)
