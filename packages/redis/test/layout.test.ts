import { randomBytes } from 'node:crypto'
import { redisStore } from '@sess/redis'
import { isSkipped, shared } from '@sess/testkit'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isSameBucket, KeyLayout } from '../src/key-layout.ts'
import { keysOf, mastersOf } from './harness.ts'

const ada = { providerId: 'github', externalId: 'ada' }

describe('the buckets', () => {
  const { buckets } = new KeyLayout('p:')

  it('hold equal shares of keys, whatever form these have', () => {
    const shapes = [
      (n: number) => `user-${n}`,
      () => randomBytes(32).toString('base64url'),
      (n: number) => `${n}`.padStart(36, '0'),
    ]
    for (const shape of shapes) {
      const layout = new KeyLayout('p:')
      const counts = new Map<string, number>()
      for (let n = 0; n < 64_000; n++) {
        const bucket = layout.bucketOf(shape(n))
        counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
      }
      expect(counts.size).toBe(64)
      for (const count of counts.values()) expect(count).toBeGreaterThan(800)
      for (const count of counts.values()) expect(count).toBeLessThan(1200)
    }
  })

  it('let one id in 64 replace another at a rotation', () => {
    const key = randomBytes(32).toString('base64url')
    const matches = Array.from({ length: 20_000 }, () => isSameBucket(key, randomBytes(32).toString('base64url')))
    expect(matches.filter(Boolean).length / 20_000).toBeCloseTo(1 / 64, 2)
  })

  it.skipIf(isSkipped('redis-cluster'))('lie each in a part of the slots of its own', async () => {
    const { nodes } = await shared('redis-cluster')
    const [first] = nodes
    const node = new Redis(first as { host: string; port: number })
    onTestFinished(() => node.disconnect())
    const slots = await Promise.all(buckets.map((bucket) => node.cluster('KEYSLOT', bucket)))
    expect(slots.map((slot) => Math.floor(Number(slot) / 256))).toEqual(buckets.map((_, index) => index))
  })
})

describe.skipIf(isSkipped('redis-cluster'))('on a Cluster', () => {
  it('every command and every script touches one slot', async () => {
    const { nodes } = await shared('redis-cluster')
    const client = new Cluster(nodes, { keyPrefix: 'app:' })
    const inspector = new Cluster(nodes)
    const masters = await mastersOf(inspector)
    const monitors = await Promise.all(masters.map((master) => master.monitor()))
    onTestFinished(() => [client, inspector, ...monitors].forEach((each) => void each.disconnect()))
    /** The keys of each command of a client, with those of the commands that its script ran. */
    const touched: string[][] = []
    const prefix = `app:t${randomBytes(6).toString('hex')}`
    for (const monitor of monitors) {
      let current: string[] = []
      monitor.on('monitor', (_time: string, args: string[], source: string) => {
        if (source !== 'lua') {
          current = []
          touched.push(current)
        }
        current.push(...args.filter((argument) => argument.startsWith(prefix)))
      })
    }

    const prefixes = { sessionPrefix: `${prefix.slice(4)}:s:`, statePrefix: `${prefix.slice(4)}:t:` }
    let now = Date.now()
    const store = redisStore({ client, ...prefixes, now: () => now })
    const sessions = await Promise.all(Array.from({ length: 40 }, () => store.create({ identity: ada, ttl: '1h' })))
    for (const session of sessions.slice(0, 20)) {
      await store.save({ ...session, identity: null })
      await store.touch(session.id, { ttl: '2h' })
      expect(await store.rotate(session.id)).not.toBeNull()
    }
    await Promise.all(sessions.map(({ id }) => store.load(id)))
    expect(await store.listByIdentity(ada)).toHaveLength(20)
    expect(await store.deleteByIdentity(ada)).toBe(20)
    await store.consumeState(await store.putState())
    expect(await store.count()).toBe(20)
    for await (const { identity } of store.entries()) expect(identity).toBeNull()
    now += 86_400_000
    expect(await store.cleanExpired()).toBe(20)
    expect(await keysOf(inspector, prefix)).toEqual([])

    const withKeys = touched.filter((keys) => keys.length > 0)
    expect(withKeys.length).toBeGreaterThan(300)
    const slotOf = new Map<string, number>()
    for (const key of new Set(withKeys.flat())) {
      slotOf.set(key, Number(await (masters[0] as Redis).cluster('KEYSLOT', key)))
    }
    for (const keys of withKeys) expect(new Set(keys.map((key) => slotOf.get(key))).size).toBe(1)
    expect(new Set(slotOf.values()).size).toBeGreaterThan(60)
  })
})
