import type { SessionStore } from '@sess/core'
import { redisStore } from '@sess/redis'
import { isSkipped, start } from '@sess/testkit'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { KeyLayout } from '../src/key-layout.ts'
import { closing, drivers, privateRedis, quiet } from './harness.ts'

const timeout = 120_000
const ada = { providerId: 'github', externalId: 'ada' }

describe.skipIf(isSkipped('redis-cluster'))('a Cluster', () => {
  it('that makes replicas its masters keeps every session at work', { timeout }, async () => {
    const cluster = await start('redis-cluster')
    onTestFinished(() => cluster.stop())
    const client = quiet(new Cluster(cluster.nodes))
    onTestFinished(() => client.disconnect())
    const store = redisStore({ client })
    const sessions = await Promise.all(Array.from({ length: 200 }, () => store.create({ identity: ada })))
    for (const index of [0, 1, 2]) {
      await cluster.failover(index)
      const loaded = await Promise.all(sessions.map(({ id }) => store.load(id)))
      expect(loaded.map((session) => session?.version)).toEqual(sessions.map(({ version }) => version))
      expect((await Promise.all(sessions.map(({ id }) => store.touch(id)))).every((touched) => touched !== null)).toBe(
        true,
      )
    }
    expect(await store.listByIdentity(ada)).toHaveLength(200)
  })

  it('of which one master is dead loses the sessions of that one alone, until its replica takes over', {
    timeout,
  }, async () => {
    const cluster = await start('redis-cluster')
    onTestFinished(() => cluster.stop())
    const client = quiet(new Cluster(cluster.nodes))
    onTestFinished(() => client.disconnect())
    const store = redisStore({ client, timeoutMs: 1_000 })
    const sessions = await Promise.all(Array.from({ length: 200 }, () => store.create()))
    await cluster.members[0]?.kill()
    const loads = await Promise.allSettled(sessions.map(({ id }) => store.load(id)))
    for (const outcome of loads) {
      if (outcome.status === 'fulfilled') expect(outcome.value).not.toBeNull()
      else expect(outcome.reason).toMatchObject({ retryable: true })
    }
    const allLoad = () =>
      Promise.all(sessions.map(({ id }) => store.load(id))).then(
        (all) => all.filter(Boolean).length,
        () => 0,
      )
    await expect.poll(allLoad, { timeout: 60_000 }).toBe(200)
  })

  it('that moves a slot answers loads all the while, and everything before and after', { timeout }, async () => {
    const cluster = await start('redis-cluster')
    onTestFinished(() => cluster.stop())
    const client = quiet(new Cluster(cluster.nodes))
    onTestFinished(() => client.disconnect())
    const store = redisStore({ client, sessionPrefix: 's:', ids: 'plain', timeoutMs: 3_000 })
    const layout = new KeyLayout('s:')
    const [from, to] = [0, 1].map((index) => new Redis(cluster.nodes[index] as { host: string; port: number }))
    onTestFinished(() => [from, to].forEach((node) => void node?.disconnect()))
    const [bucket] = layout.buckets as [string]
    const slot = Number(await from?.cluster('KEYSLOT', bucket))
    const all = await Promise.all(Array.from({ length: 400 }, () => store.create({ identity: ada })))
    const inSlot = all.filter(({ id }) => layout.bucketOf(id) === bucket)
    expect(inSlot.length).toBeGreaterThan(0)

    const [fromId, toId] = await Promise.all([from?.cluster('MYID'), to?.cluster('MYID')])
    await to?.cluster('SETSLOT', slot, 'IMPORTING', String(fromId))
    await from?.cluster('SETSLOT', slot, 'MIGRATING', String(toId))
    const loadAll = () => Promise.all(inSlot.map(({ id }) => store.load(id)))
    expect(await loadAll()).toEqual(inSlot)
    const [target] = cluster.nodes.slice(1)
    const keys = (await from?.cluster('GETKEYSINSLOT', slot, 1_000)) as string[]
    for (const key of keys) {
      await from?.migrate(target?.host as string, target?.port as number, key, 0, 5_000)
      expect(await loadAll()).toEqual(inSlot)
    }
    for (const node of cluster.nodes.slice(0, 3)) {
      const master = new Redis(node)
      await master.cluster('SETSLOT', slot, 'NODE', String(toId))
      master.disconnect()
    }
    expect(await loadAll()).toEqual(inSlot)
    for (const { id } of inSlot) expect(await store.touch(id)).not.toBeNull()
    expect(await store.listByIdentity(ada)).toHaveLength(400)
    expect(await store.deleteByIdentity(ada)).toBe(400)
    expect(await store.count()).toBe(0)
  })
})

describe.skipIf(isSkipped('redis-sentinel'))('Sentinel', () => {
  it('leads the store to the new master, with the first call', { timeout }, async () => {
    const redis = await start('redis-sentinel')
    onTestFinished(() => redis.stop())
    const { name, sentinels } = redis
    const stores = [
      redisStore({ client: closing(quiet(new Redis({ name, sentinels }))) }),
      redisStore({ addrs: sentinels.map(({ host, port }) => `${host}:${port}`), sentinel: name }),
    ]
    onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))))
    const [store] = stores as [SessionStore]
    const session = await store.create({ identity: ada })
    await Promise.all(stores.map((each) => each.ping()))
    const replica = new Redis(redis.replica.url)
    await expect.poll(() => replica.dbsize()).toBe(3)
    replica.disconnect()
    await redis.failover()
    for (const each of stores) {
      expect(await each.touch(session.id)).toBeInstanceOf(Date)
      expect(await each.load(session.id)).toMatchObject({ id: session.id, version: session.version })
    }
  })
})

describe.skipIf(isSkipped('redis7'))('a server that is made a replica, and a master again', () => {
  it.each(drivers)('is asked once more before a write is refused, with %s', async (_name, clientOf) => {
    const server = await privateRedis()
    const admin = closing(new Redis(server.url))
    const store = redisStore({ client: clientOf(server.url) })
    onTestFinished(() => store.close())
    const { id } = await store.create()
    await admin.replicaof('127.0.0.1', '1')
    await expect(store.touch(id)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    const connections = async () => Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1])
    const before = await connections()
    await expect(store.touch(id)).rejects.toMatchObject({ message: expect.stringContaining('takes no writes') })
    // Its address might have led to the new master.
    expect(await connections()).toBe(before + 1)
    await admin.replicaof('NO', 'ONE')
    expect(await store.touch(id)).toBeInstanceOf(Date)
  })
})
