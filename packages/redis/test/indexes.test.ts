import type { SessionStore } from '@sess/core'
import { isSkipped, shared, start } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ada, hourMs, open } from './opened.ts'

describe.skipIf(isSkipped('redis7'))('an entry whose record is gone', () => {
  /** Removes records as the server does when they expire: the indexes hear nothing. */
  async function withDead(count: number) {
    const opened = await open()
    const { store, client, keys } = opened
    await Promise.all(Array.from({ length: count }, () => store.create({ identity: ada, ttl: '1h' })))
    await client.del(...(await keys()).filter((key) => key.includes('}:')))
    return opened
  }

  it('goes with a list', async () => {
    const { store, entries } = await withDead(20)
    expect(await entries()).toEqual([20, 20])
    expect(await store.listByIdentity(ada)).toEqual([])
    expect(await entries()).toEqual([0, 0])
  })

  it('goes with a sign-out everywhere', async () => {
    const { store, entries } = await withDead(20)
    expect(await store.deleteByIdentity(ada)).toBe(0)
    expect(await entries()).toEqual([0, 0])
  })

  it('goes with a clean-up once it should have expired', async () => {
    const { store, entries, advance } = await withDead(20)
    advance(2 * hourMs)
    expect(await store.cleanExpired()).toBe(0)
    expect(await entries()).toEqual([0, 0])
  })

  it.each(['create', 'update', 'rotate'] as const)('goes with later sessions, by %s', async (way) => {
    const { store, client, keys, entries, advance } = await open()
    await Promise.all(Array.from({ length: 200 }, () => store.create({ identity: ada, ttl: '24h' })))
    const kept = new Set(await keys())
    for (let round = 0; round < 4; round += 1) {
      for (let batch = 0; batch < 10; batch += 1) {
        await Promise.all(
          Array.from({ length: 100 }, async () => {
            // The flow of the README: anonymous, then signed in.
            const { id } = await store.create({ ttl: '1h', ...(way !== 'update' && { identity: ada }) })
            if (way === 'rotate') await store.rotate(id)
            if (way === 'update') await store.update(id, (session) => ({ ...session, identity: ada }))
          }),
        )
      }
      advance(1.5 * hourMs)
      const [byExpiry, byIdentity] = await entries()
      // A round's own thousand, and what is left of the one before.
      expect(byExpiry, `round ${round}`).toBeLessThan(1_200 + 400)
      expect(byIdentity, `round ${round}`).toBeLessThan(1_200 + 400)
      await client.del(...(await keys()).filter((key) => key.includes('}:') && !kept.has(key)))
    }
    await store.cleanExpired()
    expect(await entries()).toEqual([200, 200])
    expect(await store.listByIdentity(ada)).toHaveLength(200)
  })

  it.each([
    ['a list', (store: SessionStore) => store.listByIdentity(ada).then((found) => found.length)],
    ['a sign-out everywhere', (store: SessionStore) => store.deleteByIdentity(ada)],
  ])("of a session that is another person's by now goes with %s, and the session stays", async (_name, look) => {
    const { store, client, keys, entries } = await open()
    const eve = { ...ada, externalId: 'eve' }
    const { id } = await store.create({ identity: ada })
    const [byIdentity = ''] = (await keys()).filter((key) => key.endsWith('}@'))
    const [former = ''] = await client.zrange(byIdentity, '0', '-1')
    await store.update(id, (session) => ({ ...session, identity: eve }))
    // A server that stops in the middle of a script leaves the former entry.
    await client.zadd(byIdentity, 0, former)
    await client.zadd(byIdentity.slice(0, -1), Date.now() + hourMs, former)
    expect(await entries()).toEqual([2, 2])
    expect(await look(store)).toBe(0)
    expect(await entries()).toEqual([1, 1])
    expect(await store.listByIdentity(eve)).toHaveLength(1)
    expect(await store.count()).toBe(1)
  })

  it('goes with later states', async () => {
    const { store, client, keys, advance } = await open()
    const entries = async () => {
      const indexes = (await keys()).filter((key) => key.endsWith('}'))
      return (await Promise.all(indexes.map((key) => client.zcard(key)))).reduce((sum, size) => sum + size, 0)
    }
    for (let round = 0; round < 5; round += 1) {
      for (let batch = 0; batch < 8; batch += 1) await Promise.all(Array.from({ length: 64 }, () => store.putState()))
      advance(hourMs)
      const records = (await keys()).filter((key) => key.includes('}:'))
      await client.del(...records)
      expect(await entries()).toBeLessThan(512 + 200)
    }
  })
})

describe.skipIf(isSkipped('redis7'))('an index', () => {
  it('outlives every session that it names, whatever lengthened these', async () => {
    const { store, client, keys } = await open()
    const ttls = async (end: RegExp) =>
      Promise.all((await keys()).filter((key) => end.test(key)).map((key) => client.pttl(key)))
    for (const ttl of [30_000, 60_000, hourMs, 24 * hourMs, 90 * 24 * hourMs]) {
      const session = await store.create({ identity: ada, ttl })
      const lasts = async (what: string) => {
        const records = await ttls(/\}:/)
        const indexes = await ttls(/\}@?$/)
        expect(indexes, what).toHaveLength(2)
        // Clocks that differ by some seconds do no harm.
        expect(Math.min(...indexes) - Math.max(...records), `${what} of ${ttl} ms`).toBeGreaterThan(4_000)
      }
      await lasts('create')
      for (const more of [1.02, 1.05, 1.1, 1.12, 1.14, 2]) {
        await store.touch(session.id, { ttl: Math.round(ttl * more) })
        await lasts(`touch by ${more}`)
      }
      await store.save({ ...session, expiresAt: new Date(Date.now() + 3 * ttl) })
      await lasts('save')
      await store.update(session.id, (changed) => ({ ...changed, data: { n: 1 } }))
      await lasts('update')
      const rotated = await store.rotate(session.id)
      await lasts('rotate')
      for (const { id } of [rotated ?? session]) await store.delete(id)
      expect((await keys()).filter((key) => key.includes('}:'))).toEqual([])
    }
  })

  it('outlives a session by its lag, where it had a little more time than that session already', async () => {
    const { store, client, keys } = await open()
    const session = await store.create({ identity: ada, ttl: hourMs })
    // An index gets twice the lag, and five seconds.
    await store.touch(session.id, { ttl: hourMs + 2 * Math.ceil(hourMs / 7) + 3_000 })
    const ttls = await Promise.all((await keys()).map(async (key) => [key, await client.pttl(key)] as const))
    const [[, ofRecord]] = ttls.filter(([key]) => key.includes('}:')) as [readonly [string, number]]
    const ofIndexes = ttls.filter(([key]) => !key.includes('}:')).map(([, ttl]) => ttl)
    expect(ofIndexes).toHaveLength(2)
    expect(Math.min(...ofIndexes) - ofRecord).toBeGreaterThan(hourMs / 8)
  })

  it('keeps the place of a session in the order of its person, when a save replaces one that was rotated', async () => {
    const { store, client, keys } = await open()
    const { id: first } = await store.create({ identity: ada })
    const { id = '' } = (await store.rotate(first)) ?? {}
    const entries = async () => {
      const found = (await keys()).filter((key) => key.endsWith('}@'))
      return (await Promise.all(found.map((key) => client.zrange(key, '0', '-1')))).flat()
    }
    const before = await entries()
    expect(before).toHaveLength(1)
    await store.save({ id, identity: ada })
    expect(await entries()).toEqual(before)
  })

  it('that lags behind a session makes no count of it at the very instant of its expiry', async () => {
    let time = Date.now()
    const { store, client, keys } = await open({ now: () => time })
    const session = await store.create({ ttl: hourMs })
    for (const index of (await keys()).filter((key) => key.endsWith('}'))) {
      for (const entry of await client.zrange(index, '0', '-1'))
        await client.zadd(index, String(time + hourMs - 9), entry)
    }
    time = session.expiresAt.getTime() - 1
    expect(await store.count()).toBe(1)
    time += 1
    expect(await store.count()).toBe(0)
  })

  it('names no person in its key, and no key has an id', async () => {
    const { store, keys } = await open()
    const { id } = await store.create({ identity: { providerId: 'github', externalId: 'ada@example.org' } })
    for (const key of await keys()) {
      expect(key).not.toContain('ada@example.org')
      expect(key).not.toContain(id)
    }
  })
})

describe.skipIf(isSkipped('redis7'))('a server that may evict keys', () => {
  async function evicting(policy: string, maxmemory = '0') {
    const server = await start('redis7', { args: ['--maxmemory-policy', policy, '--maxmemory', maxmemory] })
    onTestFinished(() => server.stop())
    return server.url
  }

  it.each(['allkeys-lru', 'volatile-lru', 'volatile-ttl'])('is refused: %s', { timeout: 60_000 }, async (policy) => {
    const { store } = await open({ url: await evicting(policy) })
    await expect(store.create()).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      retryable: false,
      message: expect.stringMatching(/noeviction.*eviction: 'accept'/),
    })
  })

  it('is accepted once it keeps all, without a restart', { timeout: 60_000 }, async () => {
    const url = await evicting('allkeys-lru')
    const { store, client } = await open({ url })
    await expect(store.create()).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    await client.config('SET', 'maxmemory-policy', 'noeviction')
    expect(await store.create()).toMatchObject({ identity: null })
  })

  it('is told of once where the application accepts it', { timeout: 60_000 }, async () => {
    const errors: Error[] = []
    const url = await evicting('allkeys-lru')
    const { store } = await open({ url, eviction: 'accept', onBackgroundError: (error) => errors.push(error) })
    await Promise.all(Array.from({ length: 5 }, () => store.create()))
    await store.count()
    expect(errors).toMatchObject([{ code: 'SESS_CONFIG', message: expect.stringContaining('allkeys-lru') }])
  })

  it('that does not say is told of as unknown, and not guessed', async () => {
    const { url } = await shared('redis7')
    const admin = new Redis(url)
    onTestFinished(async () => {
      await admin.call('ACL', 'DELUSER', 'noinfo')
      admin.disconnect()
    })
    await admin.call('ACL', 'SETUSER', 'noinfo', 'on', '>secret', '~*', '+@all', '-info')
    const withUser = Object.assign(new URL(url), { username: 'noinfo', password: 'secret' })
    const errors: Error[] = []
    const { store } = await open({ url: withUser.href, onBackgroundError: (error) => errors.push(error) })
    await store.create()
    expect(errors).toMatchObject([{ code: 'SESS_CONFIG', message: expect.stringContaining('unknown') }])
  })

  it.each(['save', 'touch', 'update', 'rotate'] as const)(
    'has a session in its indexes again after a %s',
    { timeout: 60_000 },
    async (way) => {
      const { store, client, keys, entries } = await open({ url: await evicting('allkeys-lru'), eviction: 'accept' })
      const sessions = await Promise.all(Array.from({ length: 20 }, () => store.create({ identity: ada })))
      await client.del(...(await keys()).filter((key) => /\}@?$/.test(key)))
      expect(await entries()).toEqual([0, 0])
      for (const session of sessions) {
        if (way === 'save') await store.save(session)
        if (way === 'touch') await store.touch(session.id)
        if (way === 'update') await store.update(session.id, () => {})
        if (way === 'rotate') await store.rotate(session.id)
      }
      expect(await store.count()).toBe(20)
      expect(await store.listByIdentity(ada)).toHaveLength(20)
      expect(await store.deleteByIdentity(ada)).toBe(20)
    },
  )

  it('has no evicted session in its count', { timeout: 60_000 }, async () => {
    const { store, client, keys } = await open({ url: await evicting('volatile-lru'), eviction: 'accept' })
    await Promise.all(Array.from({ length: 700 }, () => store.create()))
    const records = (await keys()).filter((key) => key.includes('}:'))
    await client.del(...records.slice(0, 200))
    expect(await store.count()).toBe(500)
  })

  it.each(['volatile-lru', 'volatile-ttl', 'volatile-random'])(
    'and drops none of the indexes: %s',
    { timeout: 120_000 },
    async (policy) => {
      const url = await evicting(policy, '4mb')
      const { store } = await open({ url, eviction: 'accept' })
      const people = Array.from({ length: 40 }, (_, n) => ({ providerId: 'p', externalId: `n${n}` }))
      const ids: string[] = []
      for (let round = 0; round < 60; round += 1) {
        const created = people.map((identity) => store.create({ identity, data: { blob: 'x'.repeat(2_000) } }))
        ids.push(...(await Promise.all(created)).map(({ id }) => id))
      }
      const live = async () => (await Promise.all(ids.map((id) => store.exists(id)))).filter(Boolean).length
      const before = await live()
      expect(before).toBeLessThan(ids.length)
      expect(before).toBeGreaterThan(100)
      let ended = 0
      for (const person of people) ended += await store.deleteByIdentity(person)
      // Some more were evicted meanwhile.
      expect(ended).toBeGreaterThan(before / 2)
      expect(await live()).toBe(0)
    },
  )
})
