import { randomBytes } from 'node:crypto'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { beforeEach, describe, expect, it } from 'vitest'
import type { StoreOptions } from '../../src/config/store-options.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

const ada = { providerId: 'github', externalId: 'ada@example.org' }

let backend: MapBackend
beforeEach(() => {
  backend = new MapBackend()
})
const open = (options: StoreOptions) => createSessionStore(backend, options)
const atRest = () => JSON.stringify([...backend.records.values(), ...backend.states.values()])

describe('a seal', () => {
  const [first, second] = [randomBytes(32), randomBytes(32)] as const

  it('leaves nothing of a person, data or a state to be read', async () => {
    const store = open({ seal: { keys: [first.toString('base64')] } })
    const session = await store.create({ identity: ada, data: { note: 'secret note' } })
    const state = await store.putState({ data: { verifier: 'secret verifier' } })
    expect(atRest()).not.toMatch(/ada|github|secret|note|verifier/)
    expect(await store.load(session.id)).toEqual(session)
    expect((await store.listByIdentity(ada))[0]?.handle).toBe(session.handle)
    expect((await store.consumeState(state))?.data).toEqual({ verifier: 'secret verifier' })
  })

  it('opens with an older key, seals anew with the next write, and finds the person under both', async () => {
    const { id } = await open({ seal: { keys: [first] } }).create({ identity: ada, data: { n: 1 } })
    const both = open({ seal: { keys: [second, first] } })
    const session = await both.load(id)
    expect(session?.data).toEqual({ n: 1 })
    expect(await both.listByIdentity(ada)).toHaveLength(1)
    await both.update(id, ({ data }) => {
      data.n = 2
    })
    const newest = open({ seal: { keys: [second] } })
    expect((await newest.load(id))?.data).toEqual({ n: 2 })
    expect(await newest.listByIdentity(ada)).toHaveLength(1)
    await expect(open({ seal: { keys: [first] } }).load(id)).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
    await expect(open({}).load(id)).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
  })

  it('does not open what was altered, moved, or never sealed', async () => {
    const store = open({ seal: { keys: [first] } })
    const [one, two] = [await store.create({ data: { n: 1 } }), await store.create({ data: { n: 2 } })]
    const records = [...backend.records.values()]
    const [a, b] = records as [(typeof records)[0], (typeof records)[0]]
    const corrupt = { code: 'SESS_CORRUPT' }
    backend.records.set(a.key, { ...a, payload: b.payload })
    await expect(store.load(one.id)).rejects.toMatchObject(corrupt)
    const last = b.payload.at(-3) === 'A' ? 'B' : 'A'
    backend.records.set(b.key, { ...b, payload: `${b.payload.slice(0, -3)}${last}"}` })
    await expect(store.load(two.id)).rejects.toMatchObject(corrupt)
    backend.records.set(a.key, { ...a, payload: '{"identity":null,"data":{}}' })
    await expect(store.load(one.id)).rejects.toMatchObject(corrupt)
    const state = await store.putState()
    const [held] = [...backend.states.values()]
    if (held) backend.states.set(held.key, { ...held, payload: a.payload })
    await expect(store.consumeState(state)).rejects.toMatchObject(corrupt)
  })

  it('reads what is not sealed until the day that was given', async () => {
    let now = 1_000
    const plain = await open({ now: () => now }).create({ identity: ada })
    const store = open({ now: () => now, seal: { keys: [first], acceptPlainUntil: new Date(2_000) } })
    expect(await store.load(plain.id)).not.toBeNull()
    expect(await store.listByIdentity(ada)).toHaveLength(1)
    now = 2_000
    await expect(store.load(plain.id)).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
  })

  it.each([
    ['no keys', { keys: [] }],
    ['a key that is too short', { keys: [randomBytes(31)] }],
    ['a string of another length', { keys: ['c2VjcmV0'] }],
    ['a day that is none', { keys: [randomBytes(32)], acceptPlainUntil: new Date(Number.NaN) }],
  ])('is SESS_CONFIG with %s, and the error shows no key', (_what, seal) => {
    expect(() => open({ seal })).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
    expect(() => open({ seal })).not.toThrow(/c2VjcmV0/)
  })
})

/** A schema that says what it makes of a value. */
function schemaOf<T>(
  validate: (value: Record<string, unknown>) => StandardSchemaV1.Result<T> | Promise<StandardSchemaV1.Result<T>>,
): StandardSchemaV1<unknown, T> {
  return {
    '~standard': { version: 1, vendor: 'test', validate: (value) => validate(value as Record<string, unknown>) },
  }
}

const counting = schemaOf<{ n: number }>(({ n }) =>
  Number.isInteger(Number(n))
    ? { value: { n: Number(n) } }
    : { issues: [{ message: `got ${n}`, path: ['list', 0, 'n'] }] },
)

describe('a schema', () => {
  it('stores its output, and refuses what does not fit with its path and no value', async () => {
    const store = createSessionStore(backend, { data: counting })
    const session = await store.create({ data: { n: '5', extra: 1 } as never })
    expect(session.data).toEqual({ n: 5 })
    expect(atRest()).toContain(String.raw`{\"n\":5}`)
    await expect(store.create({ data: { n: 'secret' } as never })).rejects.toMatchObject({
      code: 'SESS_INVALID_DATA',
      message: expect.stringMatching(/^(?!.*secret).*data\.list\[0\]\.n/),
    })
    await expect(store.save({ ...session, data: {} as never })).rejects.toMatchObject({ code: 'SESS_INVALID_DATA' })
    const spoil = store.update(session.id, ({ data }) => {
      data.n = Number.NaN
    })
    await expect(spoil).rejects.toMatchObject({ code: 'SESS_INVALID_DATA' })
    expect((await store.load(session.id))?.data).toEqual({ n: 5 })
  })

  it('must let its own output pass unchanged', async () => {
    const growing = schemaOf<{ n: number }>(({ n }) => ({ value: { n: Number(n) + 1 } }))
    const creating = createSessionStore(backend, { data: growing }).create({ data: { n: 1 } })
    await expect(creating).rejects.toMatchObject({ code: 'SESS_INVALID_DATA' })
  })

  it('upgrades what no longer fits, and a load writes nothing', async () => {
    const { id } = await open({}).create({ data: { count: 3 } })
    const before = atRest()
    const store = createSessionStore(backend, { data: counting, upgrade: ({ count }) => ({ n: count }) })
    expect((await store.load(id))?.data).toEqual({ n: 3 })
    expect(atRest()).toBe(before)
    await store.update(id, ({ data }) => {
      data.n += 1
    })
    expect((await createSessionStore(backend, { data: counting }).load(id))?.data).toEqual({ n: 4 })
  })

  it.each([
    ['there is no upgrade', undefined],
    [
      'the upgrade throws',
      () => {
        throw new Error('secret')
      },
    ],
    ['its result does not fit', () => ({ n: 'x' })],
  ])('makes data that does not fit an error, or absent, where %s', async (_when, upgrade) => {
    const { id } = await open({}).create({ data: { note: 'secret' }, identity: ada })
    const failing = createSessionStore(backend, { data: counting, upgrade })
    await expect(failing.load(id)).rejects.toMatchObject({
      code: 'SESS_CORRUPT',
      message: expect.not.stringContaining('secret'),
    })
    await expect(failing.rotate(id)).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
    const absent = createSessionStore(backend, { data: counting, upgrade, onInvalidData: 'absent' })
    expect(await absent.load(id)).toBeNull()
    expect(await absent.rotate(id)).toBeNull()
    expect(await absent.update(id, () => {})).toBeNull()
    expect(await absent.listByIdentity(ada)).toEqual([])
    expect(await open({}).load(id)).not.toBeNull()
  })

  it('is SESS_CONFIG where it is asynchronous, and SESS_INVALID_DATA where it throws', async () => {
    const later = schemaOf<{ n: number }>(() => Promise.resolve({ value: { n: 1 } }))
    await expect(createSessionStore(backend, { data: later }).create({ data: { n: 1 } })).rejects.toMatchObject({
      code: 'SESS_CONFIG',
    })
    const throwing = schemaOf<{ n: number }>(() => {
      throw new Error('secret')
    })
    await expect(createSessionStore(backend, { data: throwing }).create({ data: { n: 1 } })).rejects.toMatchObject({
      code: 'SESS_INVALID_DATA',
      message: expect.not.stringContaining('secret'),
    })
  })
})

describe('ids', () => {
  it.each([
    ['hashed', 'plain'],
    ['plain', 'hashed'],
  ] as const)('of a store that keeps them %s are out of reach of one that keeps them %s', async (one, other) => {
    const session = await open({ ids: one }).create({ identity: ada })
    expect(atRest().includes(session.id)).toBe(one === 'plain')
    await expect(open({ ids: other }).load(session.id)).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    expect(await open({ ids: one }).load(session.handle)).toBeNull()
    for (const key of backend.records.keys()) expect(await open({ ids: one }).load(key)).toBeNull()
  })
})

describe('maxLifetime', () => {
  it('is 30 days, or the ttl where that is longer, or what was given', async () => {
    expect(open({}).maxLifetime).toBe(30 * 86_400_000)
    expect(open({ ttl: '60d' }).maxLifetime).toBe(60 * 86_400_000)
    expect(open({ maxLifetime: '48h' }).maxLifetime).toBe(48 * 3_600_000)
    const endless = open({ maxLifetime: null })
    expect(endless.maxLifetime).toBeNull()
    expect((await endless.create()).deadline).toBeNull()
    expect((await open({ maxLifetime: '1h' }).create()).ttlMs).toBe(24 * 3_600_000)
    expect(() => open({ ttl: '2h', maxLifetime: '1h' })).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
  })
})
