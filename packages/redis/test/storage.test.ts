import { randomBytes } from 'node:crypto'
import { type RedisConfig, redisStore } from '@sess/redis'
import { isSkipped, shared } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { keysOf } from './harness.ts'

const ada = { providerId: 'github', externalId: 'ada' }
const hourMs = 3_600_000
/** How far an index may lag behind a session in use. */
const lagMs = 2 ** 21

describe.skipIf(isSkipped('redis7'))('expiry by the server itself', () => {
  it('is set on every key, as a duration, and no index outlives its longest session by more than 35 minutes', async () => {
    // The store's clock is far from the server's: a TTL as an instant would be long past.
    const { store, client, prefix } = await open({ now: () => 1_000_000_000_000 })
    await store.create({ identity: ada, ttl: hourMs })
    await store.create({ identity: ada, ttl: 2 * hourMs })
    await store.putState({ ttl: '10m' })
    const ttls = await ttlsOf(client, prefix)
    expect(ttls.length).toBeGreaterThanOrEqual(6)
    for (const { ttl } of ttls) expect(ttl).toBeGreaterThan(0)
    for (const { key, ttl } of ttls.filter(({ key }) => key.includes('}:'))) {
      expect(ttl, key).toBeLessThanOrEqual(2 * hourMs)
    }
    for (const { key, ttl } of ttls) expect(ttl, key).toBeLessThanOrEqual(2 * hourMs + lagMs)
  })

  it('follows a touch, a save and a deadline, in the indexes too', async () => {
    const { store, client, prefix } = await open()
    const session = await store.create({ identity: ada, ttl: 60_000, deadline: new Date(Date.now() + 3 * hourMs) })
    const shortest = async () => Math.min(...(await ttlsOf(client, prefix)).map(({ ttl }) => ttl))
    expect(await shortest()).toBeLessThanOrEqual(60_000)
    await store.touch(session.id, { ttl: hourMs })
    expect(await shortest()).toBeGreaterThan(hourMs - 10_000)
    await store.save({ ...session, expiresAt: new Date(Date.now() + 2 * hourMs) })
    expect(await shortest()).toBeGreaterThan(2 * hourMs - 10_000)
    await store.touch(session.id, { ttl: '24h' })
    expect(await shortest()).toBeGreaterThan(3 * hourMs - 10_000)
    await store.rotate(session.id)
    expect(await shortest()).toBeGreaterThan(3 * hourMs - 10_000)
  })

  it('leaves nothing behind, with nobody cleaning up', async () => {
    const { store, client, prefix } = await open()
    await store.create({ identity: ada, ttl: 1 })
    await store.putState({ ttl: 1 })
    expect(await keysOf(client, prefix)).not.toEqual([])
    await expect.poll(() => keysOf(client, prefix), { timeout: 10_000 }).toEqual([])
  })

  it('leaves no entries in an index that lives on: later sessions pay for them', async () => {
    const { store, client, prefix } = await open()
    const prefixed = (key: string) => key.startsWith(prefix)
    await store.create({ identity: ada, ttl: hourMs })
    const before = (await store.listByIdentity(ada)).length
    await Promise.all(Array.from({ length: 300 }, () => store.create({ identity: ada, ttl: 1 })))
    const entries = async () => {
      const indexes = (await keysOf(client, prefix))
        .map(({ key }) => key)
        .filter((key) => prefixed(key) && !key.includes('}:'))
      return (await Promise.all(indexes.map((key) => client.zcard(key)))).reduce((sum, size) => sum + size, 0)
    }
    expect(await entries()).toBe(602)
    const records = async () => (await keysOf(client, prefix)).filter(({ key }) => key.includes('}:')).length
    await expect.poll(records, { timeout: 10_000 }).toBe(before)
    await Promise.all(Array.from({ length: 600 }, () => store.create({ identity: ada, ttl: hourMs })))
    expect(await entries()).toBeLessThan(1202 + 100)
    expect(await store.count()).toBe(601)
  })
})

describe.skipIf(isSkipped('redis7'))('an index that lags behind a session in use', () => {
  const ttl = 24 * hourMs
  /** An expiry that is a multiple of the lag, so that the index has it unrounded. */
  const start = 858_307 * lagMs - ttl

  it('is written every 35 minutes, and makes no count, list or clean-up wrong', async () => {
    let time = start
    const { store, client, prefix } = await open({ now: () => time })
    const session = await store.create({ identity: ada, ttl })
    const scores = async () => {
      const indexes = (await keysOf(client, prefix)).map(({ key }) => key).filter((key) => key.endsWith('}'))
      return (await Promise.all(indexes.map((key) => client.zrange(key, '0', '-1', 'WITHSCORES')))).map(([, score]) =>
        Number(score),
      )
    }
    const first = session.expiresAt.getTime()
    expect(await scores()).toEqual([first])
    for (const minutes of [1, 15, 33]) await store.touch(session.id, { ttl: ttl + minutes * 60_000 })
    const last = first + lagMs - 500
    await store.save({ ...session, expiresAt: new Date(last) })
    expect(await scores()).toEqual([first])
    time += ttl + lagMs / 2
    expect(await store.count()).toBe(1)
    expect(await store.listByIdentity(ada)).toHaveLength(1)
    expect(await store.cleanExpired()).toBe(0)
    expect(await scores()).toEqual([last])
    time += lagMs / 2
    expect(await store.count()).toBe(0)
    expect(await store.cleanExpired()).toBe(1)
    expect(await scores()).toEqual([])
  })

  it('moves on by 35 minutes with a session in use, by a touch and by a save', async () => {
    let time = start
    const { store, client, prefix } = await open({ now: () => time })
    const session = await store.create({ ttl })
    const indexed = async () => {
      const [index] = (await keysOf(client, prefix)).map(({ key }) => key).filter((key) => !key.includes('}:'))
      return Number((await client.zrange(index as string, '0', '-1', 'WITHSCORES'))[1])
    }
    const first = session.expiresAt.getTime()
    time += lagMs - 1
    await store.touch(session.id, { ttl })
    expect(await indexed()).toBe(first)
    time += 1
    await store.touch(session.id, { ttl })
    expect(await indexed()).toBe(first + lagMs)
    await store.save({ ...session, expiresAt: new Date(first + 2.5 * lagMs) })
    expect(await indexed()).toBe(first + 2 * lagMs)
    expect((await store.load(session.id))?.expiresAt).toEqual(new Date(first + 2.5 * lagMs))
    // No earlier than by an eighth of what is left.
    await store.touch(session.id, { ttl: 80_001 })
    const left = time + 80_001 - (await indexed())
    expect(left).toBeGreaterThanOrEqual(0)
    expect(left).toBeLessThan(10_000)
  })

  it('follows at once when a session shall end sooner, or much later', async () => {
    const { store, advance } = await open()
    const [sooner, later] = [await store.create({ ttl: hourMs }), await store.create({ ttl: hourMs })]
    await store.touch(sooner.id, { ttl: hourMs / 2 })
    await store.touch(later.id, { ttl: 2 * hourMs })
    advance(hourMs / 2)
    expect(await store.count()).toBe(1)
    advance(hourMs)
    expect(await store.count()).toBe(1)
    advance(hourMs)
    expect(await store.count()).toBe(0)
  })
})

describe.skipIf(isSkipped('redis7'))('what other applications keep under the same prefix', () => {
  it('is never read, listed, counted or removed', async () => {
    const { store, client, prefix, advance } = await open()
    const sessionPrefix = `${prefix}s:`
    await client.set(`${sessionPrefix}abc`, '{"cookie":{}}')
    await client.set(`${sessionPrefix}{zz}:x`, 'x')
    await client.hset(`${sessionPrefix}hash`, 'field', 'value')
    await client.zadd(`${sessionPrefix}zset`, 1, 'member')
    await client.sadd(`${prefix}t:set`, 'member')
    const foreign = await keysOf(client, prefix)
    const before = await Promise.all(foreign.map(({ key }) => client.dump(key)))
    await store.create({ identity: ada })
    await store.putState()
    expect(await store.load('abc')).toBeNull()
    expect(await store.count()).toBe(1)
    for await (const { identity } of store.entries()) expect(identity).toMatchObject(ada)
    advance(48 * hourMs)
    expect(await store.cleanExpired()).toBe(1)
    expect(await store.deleteByIdentity(ada)).toBe(0)
    expect(await Promise.all(foreign.map(({ key }) => client.dump(key)))).toEqual(before)
    expect(await keysOf(client, prefix)).toHaveLength(foreign.length)
  })

  it('is SESS_CORRUPT where it lies under the very key of a session, for that session alone', async () => {
    const { store, client, prefix } = await open()
    const sessions = await Promise.all(Array.from({ length: 20 }, () => store.create({ identity: ada })))
    const [broken, ...others] = sessions as [(typeof sessions)[0], ...typeof sessions]
    const { key } = (await keysOf(client, prefix)).find(({ key }) => key.endsWith(`:${broken.handle}`)) as {
      key: string
    }
    await client.set(key, '{"cookie":{}}')

    const loads = await Promise.allSettled([broken, ...others].map(({ id }) => store.load(id)))
    expect(loads.map(({ status }) => status)).toEqual(['rejected', ...others.map(() => 'fulfilled')])
    expect(loads[0]).toMatchObject({ reason: { code: 'SESS_CORRUPT' } })
    const saves = await Promise.allSettled([broken, ...others].map((session) => store.save(session)))
    expect(saves.map(({ status }) => status)).toEqual(['rejected', ...others.map(() => 'fulfilled')])
    expect(saves[0]).toMatchObject({ reason: { code: 'SESS_CORRUPT' } })
    for (const call of [store.touch(broken.id), store.rotate(broken.id)]) {
      await expect(call).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
    }
    expect(await client.get(key)).toBe('{"cookie":{}}')
    expect(await store.listByIdentity(ada)).toHaveLength(19)

    await client.del(key)
    await client.hset(key, 'field', 'value')
    await expect(store.touch(broken.id)).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
    expect(await store.deleteByIdentity(ada)).toBe(19)
    expect(await client.hgetall(key)).toEqual({ field: 'value' })
  })
})

async function open(config: Partial<RedisConfig> = {}) {
  const { url } = await shared('redis7')
  const client = new Redis(url)
  const prefix = `t${randomBytes(6).toString('hex')}*`
  let aheadMs = 0
  const now = () => Date.now() + aheadMs
  const prefixes = { sessionPrefix: `${prefix}s:`, statePrefix: `${prefix}t:` }
  const store = redisStore({ url, now, ...prefixes, ...config })
  onTestFinished(async () => {
    await store.close()
    for (const { key } of await keysOf(client, prefix)) await client.del(key)
    client.disconnect()
  })
  return {
    store,
    client,
    prefix,
    advance: (ms: number) => {
      aheadMs += ms
    },
  }
}

async function ttlsOf(client: Redis, prefix: string): Promise<{ key: string; ttl: number }[]> {
  const keys = (await keysOf(client, prefix)).map(({ key }) => key)
  return Promise.all(keys.map(async (key) => ({ key, ttl: await client.pttl(key) })))
}
