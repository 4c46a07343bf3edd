import { describe, expect, it } from 'vitest'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

const minute = 60_000
const hour = 60 * minute
const centuryMs = 100 * 365 * 24 * hour
const at = (ms: number) => new Date(1_000 + ms)

function storeAt1000() {
  const clock = { now: 1_000 }
  return { clock, store: createSessionStore(new MapBackend(), { now: () => clock.now }) }
}

describe('the idle time of a session that is saved by hand without ttlMs', () => {
  it('is the time left until its deadline, where that comes before expiresAt', async () => {
    const { store } = storeAt1000()
    const saved = await store.save({ id: 'a', expiresAt: at(hour), deadline: at(minute) })
    expect(saved).toMatchObject({ expiresAt: at(minute), ttlMs: minute })
    expect((await store.load('a'))?.ttlMs).toBe(minute)
  })

  it("is the time left until its deadline, where the store's ttl is longer", async () => {
    const { store } = storeAt1000()
    expect(await store.save({ id: 'a', deadline: at(minute) })).toMatchObject({ expiresAt: at(minute), ttlMs: minute })
  })
})

describe('a deadline that has passed, or is more than 100 years away', () => {
  it.each([
    ['has passed', -1, 'deadline must be in the future'],
    ['is now', 0, 'deadline must be in the future'],
    ['is more than 100 years away', centuryMs + 1, 'deadline must be at most 100 years from now'],
  ])(
    'is a TypeError to create, rotate and a save by hand, and nothing is written: it %s',
    async (_which, ms, message) => {
      const { store } = storeAt1000()
      const identity = { providerId: 'github', externalId: 'ada' }
      const before = await store.save({ id: 'a', data: { n: 1 } })
      const deadline = at(ms)
      for (const call of [
        () => store.create({ deadline }),
        () => store.rotate('a', { deadline }),
        () => store.rotate('a', { identity, deadline }),
        () => store.save({ id: 'a', deadline }),
        () => store.save({ id: 'a', deadline }, { if: 'exists' }),
        () => store.save({ id: 'b', deadline }, { if: 'absent' }),
        () => store.save({ ...before, id: 'b', deadline }, { if: 'absent' }),
      ]) {
        await expect(call()).rejects.toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message })
      }
      expect(await store.load('a')).toEqual(before)
      expect(await store.count()).toBe(1)
    },
  )

  it('may be 100 years away to the millisecond', async () => {
    const { store } = storeAt1000()
    expect((await store.save({ id: 'a', deadline: at(centuryMs) })).deadline).toEqual(at(centuryMs))
  })
})

describe('the deadline in the object of a session from a store', () => {
  it('counts for nothing: the stored one bounds the expiry, and a passed one is no error', async () => {
    const { store, clock } = storeAt1000()
    const slow = await store.save({ id: 'a', deadline: at(minute) })
    await store.save({ id: 'a', deadline: at(3 * hour) })
    clock.now += 2 * minute
    const saved = await store.save({ ...slow, data: { n: 1 }, expiresAt: at(2 * hour) })
    expect(saved).toMatchObject({ deadline: at(3 * hour), expiresAt: at(2 * hour) })
    expect(await store.load('a')).toEqual(saved)
    const clamped = await store.save({ ...slow, expiresAt: at(4 * hour) }, { if: 'exists' })
    expect(clamped.expiresAt).toEqual(at(3 * hour))
  })

  it('does not hide that the session is over', async () => {
    const { store, clock } = storeAt1000()
    const session = await store.save({ id: 'a', deadline: at(minute) })
    clock.now += minute
    await expect(store.save(session)).rejects.toMatchObject({ code: 'SESS_GONE' })
  })
})
