import { describe, expect, it } from 'vitest'
import type { SessionStore } from '../../src/contract/session-store.ts'
import type { SessionRecord } from '../../src/store/backend.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { everyMethod, surroundingsOf } from './every-method.ts'
import { MapBackend } from './map-backend.ts'

const contradiction = { code: 'SESS_UNAVAILABLE', message: expect.stringContaining('the backend contradicts itself') }

describe('an answer that does not fit its question', () => {
  it('gives nobody the session of somebody else', async () => {
    const backend = new MapBackend()
    const store = createSessionStore(backend)
    const [a, b] = [await store.create({ data: { of: 'a' } }), await store.create({ data: { of: 'b' } })]
    const { read } = MapBackend.prototype
    backend.read = async (keys) => (await read.call(backend, keys)).reverse()
    const outcomes = await Promise.allSettled([store.load(a.id), store.load(b.id)])
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: contradiction })
  })

  it.each([
    ['of another length', () => []],
    ['that is no array', () => undefined],
    ['of records without version', (record: SessionRecord) => [{ ...record, version: undefined }]],
    ['of records with a key of another form', (record: SessionRecord) => [{ ...record, key: 5 }]],
    ['of undefined', () => [undefined]],
  ])('to a read, %s, is an error', async (_what, answer) => {
    const backend = new MapBackend()
    const store = createSessionStore(backend)
    const { id } = await store.create()
    const record = backend.records.values().next().value as SessionRecord
    backend.read = async () => answer(record) as never
    const calls = [
      () => store.load(id),
      () => store.exists(id),
      () => store.update(id, () => {}),
      () => store.rotate(id),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject(contradiction)
  })

  it.each([
    [
      'read',
      { lastSeenAt: undefined },
      'an answer to read that does not fit: lastSeenAt is undefined, and must be number or null',
    ],
    ['read', { payload: 5 }, 'an answer to read that does not fit: payload is number, and must be string'],
    ['read', { key: 'another' }, 'an answer to read that does not fit: it is the record of another key'],
    [
      'replace',
      { ttlMs: undefined },
      'an answer to replace that does not fit: ttlMs is undefined, and must be number or null',
    ],
  ] as const)('names what is wrong with it: %s with %o', async (to, change, message) => {
    const backend = new MapBackend()
    const store = createSessionStore(backend)
    const session = await store.create()
    const [record] = [...backend.records.values()]
    if (to === 'read') backend.read = async () => [{ ...record, ...change }] as never
    else backend.write = async () => [{ ...record, ...change }] as never
    const call = to === 'read' ? store.load(session.id) : store.save(session)
    await expect(call).rejects.toThrow(message)
  })

  it('names what it should have been, where it is nothing of the kind', async () => {
    const backend = new MapBackend()
    const store = createSessionStore(backend)
    const { id } = await store.create()
    backend.write = async () => [undefined] as never
    const called = [
      [store.touch(id), 'an answer to touch that does not fit: undefined, and no expiry or null'],
      [store.delete(id), 'an answer to delete that does not fit: undefined, and no boolean'],
      [store.rotate(id), "to rotate that does not fit: undefined, and no stored times, 'conflict', 'gone' or 'taken'"],
    ] as const
    for (const [call, message] of called) await expect(call).rejects.toThrow(message)
  })

  it('fails alone where the others of its batch fit', async () => {
    const backend = new MapBackend()
    const store = createSessionStore(backend)
    const [a, b] = [await store.create({ data: { of: 'a' } }), await store.create({ data: { of: 'b' } })]
    const records = [...backend.records.values()]
    const { read } = MapBackend.prototype
    backend.read = async (keys) =>
      (await read.call(backend, keys)).map((record) =>
        record === records[0] ? ({ ...record, payload: 5 } as never) : record,
      )
    await expect(Promise.allSettled([store.load(a.id), store.load(b.id)])).resolves.toMatchObject([
      { status: 'rejected', reason: contradiction },
      { status: 'fulfilled', value: { data: { of: 'b' } } },
    ])
  })

  it.each(Object.entries(everyMethod).filter(([name]) => !['ping', 'load', 'exists'].includes(name)))(
    'to %s is an error',
    async (_name, call) => {
      const backend = new MapBackend()
      const surroundings = await surroundingsOf(createSessionStore(backend))
      backend.write = async (operations) => operations.map(() => 'nonsense' as never)
      for (const method of ['count', 'cleanExpired', 'listByIdentity', 'deleteByIdentity', 'scan'] as const) {
        backend[method] = async () => ({ nonsense: true }) as never
      }
      await expect(call(surroundings)).rejects.toMatchObject(contradiction)
    },
  )
})

describe('a page', () => {
  const ada = { providerId: 'github', externalId: 'ada' }

  it('with a session of somebody else is an error', async () => {
    const backend = new MapBackend()
    const store = createSessionStore(backend)
    await store.create({ identity: { ...ada, externalId: 'bob' } })
    backend.listByIdentity = (_identityKey, cursor, limit, now) => backend.scan(cursor, limit, now)
    await expect(store.listByIdentity(ada)).rejects.toMatchObject(contradiction)
  })

  it('shows no session that has expired', async () => {
    let now = 1_000
    const backend = new MapBackend()
    const store = createSessionStore(backend, { now: () => now })
    await store.create({ identity: ada, ttl: '1h' })
    const records = [...backend.records.values()]
    now += 3_600_000
    backend.listByIdentity = async () => ({ records, cursor: null })
    backend.scan = async () => ({ records, cursor: null })
    expect(await store.listByIdentity(ada)).toEqual([])
    expect(await store.entries().next()).toMatchObject({ done: true })
  })
})

describe('an entry of a page that is no record', () => {
  const identity = { providerId: 'github', externalId: 'ada' }

  async function storeWithDamage() {
    const reported: unknown[] = []
    const backend = new MapBackend()
    const store = createSessionStore(backend, { onBackgroundError: (error) => void reported.push(error) })
    for (let n = 0; n < 3; n += 1) await store.create({ identity, data: { n } })
    const [damaged] = [...backend.records.values()] as [SessionRecord]
    backend.records.set(damaged.key, { ...damaged, payload: 5 as never })
    return { reported, backend, store, damaged }
  }

  it('costs nobody else their place in a list or in entries, and onBackgroundError hears of it', async () => {
    const { reported, store } = await storeWithDamage()
    expect((await store.listByIdentity(identity)).map(({ data }) => data.n).sort()).toEqual([1, 2])
    const entries: unknown[] = []
    for await (const { data } of store.entries()) entries.push(data.n)
    expect(entries.sort()).toEqual([1, 2])
    expect(reported).toMatchObject([contradiction, contradiction])
  })

  it('spoils no update of the others', async () => {
    const { store } = await storeWithDamage()
    expect(await store.updateByIdentity(identity, ({ data }) => void Object.assign(data, { role: 'admin' }))).toBe(2)
  })

  it.each([
    ['deleteByIdentity with keep', (store: SessionStore) => store.deleteByIdentity(identity, { keep: 2 })],
    ['deleteAll', (store: SessionStore) => store.deleteAll()],
  ])('is ended by %s where its key can be read', async (_name, end) => {
    const { backend, store, damaged } = await storeWithDamage()
    await end(store)
    expect(backend.records.has(damaged.key)).toBe(false)
  })

  it('may be nothing at all', async () => {
    const { backend, store } = await storeWithDamage()
    const { scan } = MapBackend.prototype
    backend.scan = async (...args) => {
      const page = await scan.apply(backend, args)
      return { ...page, records: [...page.records, undefined as never, 'text' as never] }
    }
    await store.deleteAll()
    expect(backend.records.size).toBe(0)
  })
})

describe('a record that cannot be read', () => {
  it('is left out of lists and entries, of which onBackgroundError hears, and can be ended', async () => {
    const reported: unknown[] = []
    const backend = new MapBackend()
    const store = createSessionStore(backend, { onBackgroundError: (error) => void reported.push(error) })
    const identity = { providerId: 'github', externalId: 'ada' }
    const sessions = [
      await store.create({ identity }),
      await store.create({ identity }),
      await store.create({ identity }),
    ]
    const [broken] = [...backend.records.values()] as [SessionRecord]
    backend.records.set(broken.key, { ...broken, payload: 'not JSON' })
    expect(await store.listByIdentity(identity)).toHaveLength(2)
    let entries = 0
    for await (const _ of store.entries()) entries += 1
    expect(entries).toBe(2)
    expect(reported).toMatchObject([{ code: 'SESS_CORRUPT' }, { code: 'SESS_CORRUPT' }])
    const first = sessions[0] as (typeof sessions)[0]
    await expect(store.load(first.id)).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
    expect([await store.exists(first.id), await store.count()]).toEqual([true, 3])
    expect(await store.touch(first.id)).toBeInstanceOf(Date)
    expect(await store.deleteByIdentity(identity)).toBe(3)
  })
})
