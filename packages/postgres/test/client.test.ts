import postgres from 'postgres'
import { afterEach, expect, test } from 'vitest'
import { strangeClient } from './clients.ts'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

const clients: { end(options: { timeout: number }): Promise<void> }[] = []

function kept<Client extends { end(options: { timeout: number }): Promise<void> }>(client: Client): Client {
  clients.push(client)
  return client
}

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end({ timeout: 1 })
})

onServer('postgres15', 'a client that was handed in', async () => {
  const { url, open } = await ownSchema()

  test('stays open when the store is closed', async () => {
    const sql = kept(postgres(url))
    const store = open({ sql })
    await store.create()
    await store.close()
    expect(await sql`select 1 as one`).toMatchObject([{ one: 1 }])
  })

  test('sends its own rows through its own transforms as before', async () => {
    const sql = kept(strangeClient(url))
    const store = open({ sql })
    await store.create()
    expect(await sql`select 'x' as some_name`).toMatchObject([{ someName: 1 }])
    await store.close()
  })

  test('may change every row with a function of its own: the store has connections without it', async () => {
    const row = { from: (row: object) => Object.keys(row) }
    const sql = kept(postgres(url, { transform: { row } }))
    const store = open({ sql })
    const { id } = await store.create({ data: { n: 1 } })
    expect((await store.load(id))?.data).toEqual({ n: 1 })
    expect(await sql`select 1 as one`).toEqual([['one']])
    await store.close()
    expect(await sql`select 1 as one`).toEqual([['one']])
  })

  test('may have a single connection, also while the tables are made', async () => {
    const store = open({ sql: kept(postgres(url, { max: 1 })) })
    const sessions = await Promise.all(Array.from({ length: 100 }, (_, n) => store.create({ data: { n } })))
    await Promise.all([...sessions.map(({ id }) => store.load(id)), ...sessions.map(({ id }) => store.touch(id))])
    expect(await store.count()).toBe(100)
    await store.close()
  })

  test('may have a search_path, a time zone and an isolation level of its own', async () => {
    const connection = {
      search_path: 'pg_temp, elsewhere',
      TimeZone: 'America/St_Johns',
      default_transaction_isolation: 'serializable',
    } as const
    const store = open<{ n: number }>({ sql: kept(postgres(url, { connection })) })
    const { id, expiresAt } = await store.create({ data: { n: 0 } })
    const add = () =>
      store.update(id, ({ data }) => {
        data.n += 1
      })
    await Promise.all(Array.from({ length: 20 }, add))
    expect(await store.load(id)).toMatchObject({ data: { n: 20 }, expiresAt })
    await store.close()
  })

  test('that its owner has ended is SESS_UNAVAILABLE, and not worth another try', async () => {
    const sql = postgres(url)
    const store = open({ sql })
    await store.create()
    await sql.end()
    await expect(store.count()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: false })
    await store.close()
  })

  test('may have types of its own, for TypeScript as well', async () => {
    const sql = kept(postgres(url, { types: { bigint: postgres.BigInt } }))
    const store = open({ sql })
    const { expiresAt, id } = await store.create()
    expect((await store.load(id))?.expiresAt).toEqual(expiresAt)
    await store.close()
  })
})
