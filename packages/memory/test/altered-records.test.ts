import assert from 'node:assert/strict'
import { isSessionError, type Session, type SessionRecord, type SessionStore } from '@sess/core'
import { MemoryStorage, memoryStore } from '@sess/memory'
import { describe, expect, it } from 'vitest'

const ada = { providerId: 'github', externalId: 'ada' }

type Alter = (record: SessionRecord) => Partial<Record<keyof SessionRecord, unknown>>

/** What somebody may do to a record behind the store's back. */
const alterations: [name: string, alter: Alter][] = [
  ['no JSON', () => ({ payload: '{' })],
  [
    'an own __proto__',
    ({ payload }) => ({ payload: payload.replace('"data":{', '"data":{"__proto__":{"admin":true},') }),
  ],
  [
    'an identity with a field of its own',
    ({ payload }) => ({ payload: payload.replace('{"providerId"', '{"x":1,"providerId"') }),
  ],
  ['a creation beyond any Date', () => ({ createdAt: 8.64e15 + 1 })],
  ['a fraction of a creation', () => ({ createdAt: 0.5 })],
  ['an expiry beyond any Date', () => ({ expiresAt: Number.MAX_VALUE })],
  ['a deadline beyond any Date', () => ({ deadline: Number.MAX_VALUE })],
  ['an idle time that is none', () => ({ ttlMs: 0 })],
  ['a sighting beyond any Date', () => ({ lastSeenAt: Number.MAX_VALUE })],
  ['no version', () => ({ version: '' })],
]

async function withAltered(
  alter: Alter,
): Promise<{ store: SessionStore; altered: Session; sound: Session; told: Error[] }> {
  const storage = new MemoryStorage()
  const told: Error[] = []
  const store = memoryStore({ storage, onBackgroundError: (error) => told.push(error) })
  const sound = await store.create({ identity: ada, data: { n: 1 } })
  const altered = await store.create({ identity: ada, data: { n: 2 } })
  const record = storage.get(altered.handle) as SessionRecord
  storage.write({ ...record, ...alter(record) } as SessionRecord)
  return { store, altered, sound, told }
}

const corrupt = (error: unknown) => isSessionError(error, 'SESS_CORRUPT')

describe.each(alterations)('a record that was altered behind the store: %s', (_name, alter) => {
  it('is SESS_CORRUPT to whoever wants what is in it, and stays', async () => {
    const { store, altered } = await withAltered(alter)
    await assert.rejects(store.load(altered.id), corrupt)
    await assert.rejects(
      store.update(altered.id, () => {}),
      corrupt,
    )
    await assert.rejects(store.rotate(altered.id), corrupt)
    expect(await store.exists(altered.id)).toBe(true)
  })

  it('is left out of lists and entries, which have the others, and is told of', async () => {
    const { store, sound, told } = await withAltered(alter)
    const { id: _id, ...fields } = sound
    expect(await store.listByIdentity(ada)).toEqual([expect.objectContaining(fields)])
    expect(told).toEqual([expect.objectContaining({ code: 'SESS_CORRUPT' })])
    const entries: object[] = []
    for await (const entry of store.entries()) entries.push(entry)
    expect(entries).toEqual([expect.objectContaining(fields)])
    expect(told).toHaveLength(2)
  })

  it('exists, counts, can be touched, and can always be ended', async () => {
    const ends: ((store: SessionStore, id: string, handle: string) => Promise<unknown>)[] = [
      (store, id) => store.delete(id),
      (store) => store.deleteByIdentity(ada),
      (store, _id, handle) => store.deleteByHandle(handle),
      (store) => store.deleteAll(),
    ]
    for (const end of ends) {
      const { store, altered } = await withAltered(alter)
      expect(await store.exists(altered.id)).toBe(true)
      expect(await store.count()).toBe(2)
      expect(await store.touch(altered.id)).toBeInstanceOf(Date)
      await end(store, altered.id, altered.handle)
      expect(await store.exists(altered.id)).toBe(false)
    }
  })
})

it('a state that was altered behind the store is SESS_CORRUPT, once, and others are as they were', async () => {
  const storage = new MemoryStorage()
  const store = memoryStore({ storage })
  const [altered, sound] = [await store.putState({ userAgent: 'a' }), await store.putState({ data: { n: 1 } })]
  const [first] = storage.states.values()
  assert(first !== undefined)
  storage.states.set(first.key, { ...first, payload: JSON.stringify({ ...JSON.parse(first.payload), userAgent: 5 }) })
  await assert.rejects(store.consumeState(altered, { userAgent: 'a' }), corrupt)
  expect(await store.consumeState(altered, { userAgent: 'a' })).toBeNull()
  expect((await store.consumeState(sound))?.data).toEqual({ n: 1 })
})
