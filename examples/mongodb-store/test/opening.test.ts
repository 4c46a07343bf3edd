import { openStore, registeredStores } from '@sess/core'
import { afterAll, expect, test } from 'vitest'
import '../src/index.ts'
import { server } from './server.ts'

afterAll(() => server.stop())

test('a MongoDB store is opened by its type and by its URL, and what one writes the other reads', async () => {
  expect(registeredStores()).toContain('mongodb')
  const one = await openStore({ type: 'mongodb', config: { uri: server.uri, collection: 'sessions' } })
  const other = await openStore(server.uri)
  const { id } = await one.create()
  await one.close()
  expect(await other.exists(id)).toBe(true)
  await other.delete(id)
  await other.close()
})

test('each database and each collection has sessions of its own', async () => {
  const places = [{ database: 'one' }, { database: 'two' }, { database: 'one', collection: 'others' }]
  const stores = await Promise.all(
    places.map((place) => openStore({ type: 'mongodb', config: { uri: server.uri, ...place } })),
  )
  const { id } = (await stores[0]?.create()) ?? {}
  expect(await Promise.all(stores.map((store) => store.exists(id ?? '')))).toEqual([true, false, false])
  for (const store of stores) {
    await store.deleteAll()
    await store.close()
  }
})

test('a uri is required, by type and at run time', async () => {
  // @ts-expect-error: uri is required
  await expect(openStore({ type: 'mongodb', config: { database: 'test' } })).rejects.toMatchObject({
    code: 'SESS_CONFIG',
    message: expect.stringContaining('uri is required'),
  })
})

test.each([
  ['of another scheme', 'redis://127.0.0.1', 'must be a URL that begins with mongodb: or mongodb+srv:'],
  ['with options that the driver refuses', 'mongodb://127.0.0.1/?w=many&x=1', 'is not set up for what the store needs'],
])('a uri %s is SESS_CONFIG', async (_, uri, said) => {
  await expect(openStore({ type: 'mongodb', config: { uri, timeoutMs: 500 } })).rejects.toMatchObject({
    code: 'SESS_CONFIG',
    message: expect.stringContaining(said),
  })
})

test('a server that is not there is SESS_UNAVAILABLE or SESS_TIMEOUT, in time', async () => {
  const opening = openStore({ type: 'mongodb', config: { uri: 'mongodb://127.0.0.1:1/test', timeoutMs: 500 } })
  await expect(opening).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|TIMEOUT/), retryable: true })
})
