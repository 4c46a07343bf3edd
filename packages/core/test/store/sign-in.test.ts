import { beforeEach, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

const ada = { providerId: 'github', externalId: 'ada' }
const hour = 3_600_000
const day = 24 * hour

let backend: MapBackend
let store: SessionStore
let now: number

beforeEach(() => {
  now = 1_700_000_000_000
  backend = new MapBackend()
  store = createSessionStore(backend, { now: () => now })
})

describe('a rotation that signs in', () => {
  it('gives the person, the time, a renewed expiry and a limit that starts anew', async () => {
    const before = await store.create({ data: { cart: [1] }, ttl: '2h', deadline: new Date(now + 3 * hour) })
    now += hour
    const after = await store.rotate(before.id, { identity: ada })
    expect(after).toMatchObject({
      identity: ada,
      data: { cart: [1] },
      createdAt: before.createdAt,
      lastSeenAt: new Date(now),
      authenticatedAt: new Date(now),
      expiresAt: new Date(now + 2 * hour),
      ttlMs: 2 * hour,
      deadline: new Date(now + 30 * day),
    })
    expect(await store.load(after?.id ?? '')).toEqual(after)
    expect(await store.load(before.id)).toBeNull()
  })

  it('takes a ttl and a limit of its own', async () => {
    const { id } = await store.create()
    const after = await store.rotate(id, { identity: ada, ttl: '1h', deadline: null, data: { n: 1 } })
    expect(after).toMatchObject({ ttlMs: hour, deadline: null, expiresAt: new Date(now + hour), data: { n: 1 } })
  })
})

describe('a rotation that does not', () => {
  it('keeps what is left out, the version too, and makes the limit earlier only', async () => {
    const before = await store.create({ identity: ada, data: { n: 1 } })
    now += hour
    const same = await store.rotate(before.id, { ttl: '5m', deadline: new Date(now + 60 * day) })
    const { id, handle, ...rest } = before
    expect(same).toMatchObject({ ...rest, lastSeenAt: new Date(now), ttlMs: 300_000 })
    const earlier = await store.rotate(same?.id ?? '', { deadline: new Date(now + hour) })
    expect(earlier).toMatchObject({ deadline: new Date(now + hour), expiresAt: new Date(now + hour) })
    expect((await store.rotate(earlier?.id ?? '', { deadline: null }))?.deadline).toEqual(new Date(now + hour))
  })

  it('signs out with a null identity, and keeps the session', async () => {
    const { id } = await store.create({ identity: ada, data: { n: 1 } })
    const out = await store.rotate(id, { identity: null })
    expect(out).toMatchObject({ identity: null, authenticatedAt: null, data: { n: 1 } })
    expect(await store.listByIdentity(ada)).toEqual([])
  })

  it('keeps a session whose data is larger than maxBytes has become', async () => {
    const { id } = await store.create({ data: { text: 'x'.repeat(500) } })
    const smaller = createSessionStore(backend, { now: () => now, maxBytes: 100 })
    expect((await smaller.rotate(id))?.data).toEqual({ text: 'x'.repeat(500) })
  })
})

describe('a save', () => {
  it('leaves an expiry alone that the caller did not move, in a copy of the session too', async () => {
    const session = await store.create()
    now += hour
    const touched = await store.touch(session.id)
    expect((await store.save({ ...session, data: { n: 1 } })).expiresAt).toEqual(touched)
    session.expiresAt.setTime(now + 5_000)
    expect((await store.save(session)).expiresAt).toEqual(new Date(now + 5_000))
    expect((await store.save({ ...session, expiresAt: new Date(now + 6_000) })).expiresAt).toEqual(
      new Date(now + 6_000),
    )
    const { expiresAt: _none, ...without } = session
    expect((await store.save(without)).expiresAt).toEqual(new Date(now + 6_000))
  })

  it('says why it is SESS_GONE', async () => {
    const session = await store.create({ ttl: '1s' })
    now += 2_000
    await expect(store.save(session)).rejects.toMatchObject({ code: 'SESS_GONE', reason: 'expired' })
    await store.delete(session.id)
    await expect(store.save(session)).rejects.toMatchObject({ code: 'SESS_GONE', reason: 'absent' })
  })

  it('waits with its close for the answer why', async () => {
    const session = await store.create()
    await store.delete(session.id)
    const saving = store.save(session)
    const order: string[] = []
    backend.before = (asked) => void order.push(asked)
    await Promise.all([store.close(), expect(saving).rejects.toMatchObject({ code: 'SESS_GONE', reason: 'absent' })])
    expect(order.at(-1)).toBe('close')
  })

  it('builds a whole session of what is built by hand', async () => {
    const saved = await store.save({ id: 'by-hand', expiresAt: new Date(now + hour) })
    expect(saved).toMatchObject({
      ttlMs: hour,
      deadline: null,
      createdAt: new Date(now),
      authenticatedAt: null,
      data: {},
    })
    const other = await store.save({ id: 'by-hand', ttlMs: 5, authenticatedAt: new Date(5), createdAt: new Date(4) })
    expect(other).toMatchObject({ ttlMs: 5, expiresAt: new Date(now + day), authenticatedAt: new Date(5) })
    expect(await store.load('by-hand')).toEqual(other)
  })

  it('writes on its condition only', async () => {
    const expiresAt = new Date(now + hour)
    await expect(store.save({ id: 'a', expiresAt }, { if: 'exists' })).rejects.toMatchObject({ code: 'SESS_GONE' })
    const first = await store.save({ id: 'a', expiresAt }, { if: 'absent' })
    await expect(store.save({ id: 'a', expiresAt }, { if: 'absent' })).rejects.toMatchObject({ code: 'SESS_CONFLICT' })
    const second = await store.save({ ...first, data: { n: 2 } }, { if: 'unchanged' })
    await expect(store.save(first, { if: 'unchanged' })).rejects.toMatchObject({ code: 'SESS_CONFLICT' })
    const replaced = await store.save({ id: 'a', ttlMs: 7, deadline: new Date(now + 9) }, { if: 'exists' })
    expect(replaced).toMatchObject({ data: {}, ttlMs: 7, deadline: new Date(now + 9), expiresAt: new Date(now + 9) })
    await store.delete('a')
    await expect(store.save(second, { if: 'unchanged' })).rejects.toMatchObject({ code: 'SESS_GONE' })
    await expect(store.save({ id: 'a', expiresAt }, { if: 'unchanged' })).rejects.toThrow(TypeError)
    await expect(store.save({ id: 'a' }, { if: 'never' as never })).rejects.toThrow(TypeError)
  })
})

describe('a load that touches', () => {
  it('does so where the session was last seen longer ago', async () => {
    const session = await store.create({ ttl: '2h' })
    now += 60_000
    expect(await store.load(session.id, { touch: '1m' })).toEqual(session)
    now += 1
    const touched = await store.load(session.id, { touch: '1m' })
    expect(touched).toEqual({ ...session, lastSeenAt: new Date(now), expiresAt: new Date(now + 2 * hour) })
    expect(await store.load(session.id)).toEqual(touched)
  })

  it('is null where the session went away meanwhile', async () => {
    const { id } = await store.create()
    now += hour
    backend.before = async (asked) => {
      if (asked === 'touch') backend.records.clear()
    }
    expect(await store.load(id, { touch: '1m' })).toBeNull()
  })
})

describe('the sessions of a person', () => {
  const signIn = async (count: number) => {
    const ids: string[] = []
    for (let n = 0; n < count; n += 1) {
      now += 1_000
      ids.push((await store.create({ identity: ada, data: { n } })).id)
    }
    return ids
  }

  it('are cut down to the newest, the excepted one counted in', async () => {
    const ids = await signIn(6)
    expect(await store.deleteByIdentity(ada, { keep: 3 })).toBe(3)
    expect((await store.listByIdentity(ada)).map(({ data }) => data.n)).toEqual([3, 4, 5])
    expect(await store.deleteByIdentity(ada, { keep: 2, except: ids[3] as string })).toBe(1)
    expect((await store.listByIdentity(ada)).map(({ data }) => data.n)).toEqual([3, 5])
  })

  it('are found again under a new id: a rotation between the look and the removal saves none', async () => {
    const ids = await signIn(5)
    let isFirst = true
    backend.before = async (asked) => {
      if (asked !== 'delete' || !isFirst) return
      isFirst = false
      const peer = createSessionStore(backend, { now: () => now })
      for (const id of [ids[0], ids[4]] as string[]) expect(await peer.rotate(id)).not.toBeNull()
    }
    await store.deleteByIdentity(ada, { keep: 2 })
    backend.before = () => Promise.resolve()
    expect((await store.listByIdentity(ada)).map(({ data }) => data.n)).toEqual([3, 4])
  })

  it('are all updated, each once, one that is rotated meanwhile included', async () => {
    const ids = await signIn(5)
    let isFirst = true
    const update = await store.updateByIdentity(ada, async (summary) => {
      expect(summary).not.toHaveProperty('id')
      if (isFirst) {
        isFirst = false
        // Each of these waits for its own change, or moves a session that has not been read.
        for (const { key } of [...backend.records.values()].slice(-1)) {
          const record = backend.records.get(key)
          backend.records.delete(key)
          if (record) backend.records.set('x'.repeat(43), { ...record, key: 'x'.repeat(43) })
        }
      }
      summary.data.role = 'admin'
    })
    expect(update).toBe(5)
    expect((await store.listByIdentity(ada)).every(({ data }) => data.role === 'admin')).toBe(true)
    expect(ids).toHaveLength(5)
  })

  it('end by their handle only where they are theirs', async () => {
    const session = await store.create({ identity: ada })
    const grace = { providerId: 'github', externalId: 'grace' }
    expect(await store.deleteByHandle(session.handle, { identity: grace })).toBe(false)
    expect(await store.deleteByHandle(session.handle, { identity: ada })).toBe(true)
  })
})

describe('deleteAll', () => {
  it('ends everybody who was there at the call, and nobody who came later', async () => {
    for (let n = 0; n < 5; n += 1) await store.create({ data: { n } })
    now += 1
    let isFirst = true
    backend.before = async (asked) => {
      if (asked !== 'delete' || !isFirst) return
      isFirst = false
      now += 1
      await store.create({ data: { n: 'later' } })
    }
    expect(await store.deleteAll()).toBe(5)
    expect([...backend.records.values()]).toHaveLength(1)
  })
})
