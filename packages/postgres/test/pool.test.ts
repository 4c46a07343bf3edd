import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { strangePool } from './clients.ts'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

const pools: pg.Pool[] = []

function kept(pool: pg.Pool): pg.Pool {
  pools.push(pool)
  return pool
}

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.end()
  pg.types.setTypeParser(20, (text) => text)
  pg.defaults.binary = false
})

onServer('postgres15', 'a pool of pg that was handed in', async () => {
  const { url, open } = await ownSchema()
  const connectionString = url

  test('stays open when the store is closed', async () => {
    const pool = kept(new pg.Pool({ connectionString }))
    const store = open({ pool })
    await store.create()
    await store.close()
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('reads its own rows as its owner set it up, and the store reads what is there', async () => {
    const pool = kept(strangePool(url))
    const store = open<{ n?: number; text?: string }>({ pool })
    const { id, expiresAt } = await store.create({ data: { n: 1, text: 'zażółć 🎉' } })
    expect(await store.load(id)).toMatchObject({ data: { n: 1, text: 'zażółć 🎉' }, expiresAt })
    expect(await store.count()).toBe(1)
    expect((await pool.query('select 2 as two')).rows).toEqual([{ two: 'the application reads everything as this' }])
    await store.close()
  })

  test('may be of an application that parses every type as it likes, in binary or not', async () => {
    pg.types.setTypeParser(20, () => 'no number' as never)
    pg.types.setTypeParser(25, () => 'no text' as never)
    for (const binary of [false, true]) {
      pg.defaults.binary = binary
      const store = open({ pool: kept(new pg.Pool({ connectionString })) })
      const { id, expiresAt } = await store.create({ data: { n: 1 } })
      expect(await store.load(id)).toMatchObject({ data: { n: 1 }, expiresAt })
      expect(await store.touch(id)).toBeInstanceOf(Date)
      await store.close()
    }
    pg.types.setTypeParser(25, (text) => text)
  })

  test('may have a single connection, also while the tables are made', async () => {
    const store = open({ pool: kept(new pg.Pool({ connectionString, max: 1 })) })
    const sessions = await Promise.all(Array.from({ length: 100 }, (_, n) => store.create({ data: { n } })))
    await Promise.all([...sessions.map(({ id }) => store.load(id)), ...sessions.map(({ id }) => store.touch(id))])
    expect(await store.count()).toBe(100)
    await store.close()
  })

  test('that its owner has ended is SESS_UNAVAILABLE, and not worth another try', async () => {
    const pool = new pg.Pool({ connectionString })
    const store = open({ pool })
    await store.create()
    await pool.end()
    await expect(store.count()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: false })
    await store.close()
  })

  test('leaves no listener of the store on its clients', async () => {
    const pool = kept(new pg.Pool({ connectionString, max: 1 }))
    const store = open({ pool })
    for (let times = 0; times < 30; times += 1) await store.ping()
    const client = await pool.connect()
    expect(client.listenerCount('error')).toBe(0)
    client.release()
    await store.close()
  })
})
