import { openStore, registeredStores } from '@sess/core'
import { expect, test } from 'vitest'
import '@sess/postgres'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

onServer('postgres15', 'the registry', async () => {
  const { url, schema, admin } = await ownSchema()

  test('has postgres by its import alone', () => {
    expect(registeredStores()).toContain('postgres')
  })

  test('opens a store by URL, whose parameters are its options or the connection’s', async () => {
    const query = `schema=${schema}&table=by_url&ttl=2h&prepare=false&max=3&application_name=web`
    await using store = await openStore(`${url.replace('postgres:', 'postgresql:')}?${query}`)
    const { createdAt, expiresAt } = await store.create()
    expect(expiresAt.getTime() - createdAt.getTime()).toBe(2 * 3_600_000)
    expect(await admin`select count(*)::int as n from ${admin(schema)}.by_url`).toMatchObject([{ n: 1 }])
    expect(await admin`select 1 from pg_stat_activity where application_name = 'web'`).not.toHaveLength(0)
  })

  test('opens a store by what a YAML file says', async () => {
    const parsed = { type: 'postgres' as string, config: { url, schema, table: 'by_yaml', timeout_ms: 9_000 } }
    await using store = await openStore(parsed)
    expect(await store.count()).toBe(0)
  })

  test('tells of every problem of a configuration at once, and of no password', async () => {
    const config = { url: 'mysql://me:secret@host/db', table: 'a;b', schema: '', prepare: 1, max: 0, tabel: 'x' }
    const error = await openStore({ type: 'postgres', config: config as never }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'SESS_CONFIG' })
    const { message } = error as Error
    for (const path of ['url', 'table', 'schema', 'prepare', 'max', 'tabel']) expect(message).toContain(path)
    expect(message).not.toContain('secret')
  })

  test('takes a client or a URL, and no pool size beside a client', async () => {
    await expect(openStore({ type: 'postgres', config: {} })).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    const both = { sql: admin, url }
    await expect(openStore({ type: 'postgres', config: both })).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    const sized = { sql: admin, max: 3 }
    await expect(openStore({ type: 'postgres', config: sized })).rejects.toMatchObject({ code: 'SESS_CONFIG' })
  })

  test('names a parameter of a URL that is nobody’s', async () => {
    await expect(openStore(`${url}?tabel=x`)).rejects.toThrow(/tabel.*table/s)
  })
})
