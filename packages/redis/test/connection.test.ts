import { randomBytes } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { type RedisClient, redisStore } from '@sess/redis'
import { isSkipped, shared, startProxy } from '@sess/testkit'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { closing, drivers, end, mastersOf, privateRedis } from './harness.ts'

const unavailable = { code: 'SESS_UNAVAILABLE', retryable: true }
const prefixes = () => {
  const name = `t${randomBytes(6).toString('hex')}`
  return { sessionPrefix: `${name}:s:`, statePrefix: `${name}:t:` }
}

describe.skipIf(isSkipped('redis7'))('a script that the server has forgotten', () => {
  it.each(drivers)('is sent again after SCRIPT FLUSH, with %s', async (_name, clientOf) => {
    const { url } = await shared('redis7')
    const admin = closing(new Redis(url))
    const store = redisStore({ client: clientOf(url), ...prefixes() })
    const { id } = await store.create()
    for (let round = 0; round < 3; round++) {
      await admin.script('FLUSH')
      const results = await Promise.all([store.touch(id), store.create(), store.count(), store.putState()])
      expect(results.every((result) => result !== null)).toBe(true)
    }
  })

  it.skipIf(isSkipped('redis-cluster'))('is sent again to the node of a Cluster that has forgotten it', async () => {
    const { nodes } = await shared('redis-cluster')
    const client = closing(new Cluster(nodes))
    const store = redisStore({ client, ...prefixes() })
    const sessions = await Promise.all(Array.from({ length: 50 }, () => store.create()))
    for (const master of await mastersOf(client)) await master.script('FLUSH')
    const loaded = await Promise.all(sessions.map(({ id }) => store.load(id)))
    expect(loaded).toEqual(sessions)
    expect(await store.count()).toBe(50)
  })

  it.each(drivers)('is sent again after a restart, with %s', { timeout: 60_000 }, async (_name, clientOf) => {
    const server = await privateRedis()
    const store = redisStore({ client: clientOf(server.url) })
    onTestFinished(() => store.close())
    const { id } = await store.create({ data: { n: 1 } })
    await server.kill()
    await expect(store.load(id)).rejects.toMatchObject(unavailable)
    await expect(store.touch(id)).rejects.toMatchObject(unavailable)
    await server.restart()
    await expect.poll(() => store.touch(id).catch(() => null), { timeout: 10_000 }).not.toBeNull()
    expect(await store.load(id)).toMatchObject({ id, data: { n: 1 } })
  })
})

describe.skipIf(isSkipped('redis7'))('an outage', () => {
  it.each(drivers)(
    'is over for a store of a client that queues commands, and nothing was queued, with %s',
    async (_name, clientOf) => {
      const server = await shared('redis7')
      await using proxy = await startProxy(server)
      const store = redisStore({ client: clientOf(proxy.through(server.url)), ...prefixes(), timeoutMs: 2_000 })
      onTestFinished(() => store.close())
      const session = await store.create({ data: { n: 1 } })
      await proxy.refuse()
      await expect(store.ping()).rejects.toMatchObject(unavailable)
      const late = [store.save({ ...session, data: { n: 2 } }), store.delete(session.id), store.create()]
      for (const outcome of await Promise.allSettled(late)) expect(outcome).toMatchObject({ reason: unavailable })
      await proxy.restore()
      await expect
        .poll(
          () =>
            store.ping().then(
              () => 'answers',
              () => 'is away',
            ),
          { timeout: 10_000 },
        )
        .toBe('answers')
      expect(await store.load(session.id)).toEqual(session)
      expect(await store.count()).toBe(1)
    },
  )

  it.each(drivers)('that is over at the next attempt to connect is not noticed, with %s', async (_name, clientOf) => {
    const server = await shared('redis7')
    await using proxy = await startProxy(server)
    const store = redisStore({ client: clientOf(proxy.through(server.url)), ...prefixes() })
    onTestFinished(() => store.close())
    const { id } = await store.create()
    for (let round = 0; round < 5; round++) {
      proxy.cut()
      // The calls that were on their way are lost. Later ones wait for the connection.
      await store.ping().catch(() => {})
      expect(await store.exists(id)).toBe(true)
    }
  })

  it.each(drivers)(
    'of a server that hangs ends with SESS_TIMEOUT and a new connection, with %s',
    async (_name, clientOf) => {
      const server = await shared('redis7')
      await using proxy = await startProxy(server)
      const store = redisStore({ client: clientOf(proxy.through(server.url)), ...prefixes(), timeoutMs: 300 })
      onTestFinished(() => store.close())
      const session = await store.create({ data: { n: 1 } })
      proxy.stall()
      const late = [store.save({ ...session, data: { n: 2 } }), store.load(session.id), store.count()]
      for (const outcome of await Promise.allSettled(late))
        expect(outcome).toMatchObject({ reason: { retryable: true } })
      expect(await late[0]?.catch((error) => error.code)).toBe('SESS_TIMEOUT')
      proxy.resume()
      await expect.poll(() => store.exists(session.id).catch(() => 'is away'), { timeout: 10_000 }).toBe(true)
    },
  )

  it.each(drivers)(
    'that cuts what was on its way ends it, and nothing is sent again, with %s',
    async (_name, clientOf) => {
      const server = await shared('redis7')
      await using proxy = await startProxy(server)
      const names = prefixes()
      const inspect = redisStore({ url: server.url, ...names })
      onTestFinished(() => inspect.close())
      const store = redisStore({ client: clientOf(proxy.through(server.url)), ...names })
      onTestFinished(() => store.close())
      const { id } = await store.create()
      proxy.stall('replies')
      const late = [store.load(id), store.count(), store.ping(), store.create()]
      await expect.poll(() => inspect.count()).toBe(2)
      proxy.cut()
      proxy.resume()
      for (const outcome of await Promise.allSettled(late)) expect(outcome).toMatchObject({ reason: unavailable })
      expect(await store.count()).toBe(2)
    },
  )

  it.each(drivers)(
    'between a save and its answer brings nobody back who was signed out since, with %s',
    async (_name, clientOf) => {
      const server = await shared('redis7')
      await using proxy = await startProxy(server)
      const names = prefixes()
      const other = redisStore({ url: server.url, ...names })
      onTestFinished(() => other.close())
      // The defaults of ioredis: it sends again what it has no answer to.
      const store = redisStore({ client: clientOf(proxy.through(server.url)), ...names })
      onTestFinished(() => store.close())
      await store.ping()
      const id = randomBytes(32).toString('base64url')
      const byHand = { id, data: { n: 1 }, expiresAt: new Date(Date.now() + 60_000) }
      proxy.stall('replies')
      const cutOff = store.save(byHand)
      const told = expect(cutOff).rejects.toMatchObject(unavailable)
      await expect.poll(() => other.exists(byHand.id)).toBe(true)
      expect(await other.delete(byHand.id)).toBe(true)
      proxy.cut()
      proxy.resume()
      await told
      // The new connection has answered, so whatever came with it has taken effect.
      await store.ping()
      expect(await other.load(byHand.id)).toBeNull()
      expect(await other.count()).toBe(0)
    },
  )
})

describe.skipIf(isSkipped('redis7'))('a connection', () => {
  it('is opened at the first use, and closed by the store that opened it', async () => {
    const server = await shared('redis7')
    const admin = closing(new Redis(server.url))
    const connections = async () =>
      String(await admin.client('LIST'))
        .split('\n')
        .filter(Boolean).length
    const before = await connections()
    const store = redisStore({ url: server.url, ...prefixes() })
    await store.ping()
    expect(await connections()).toBeGreaterThan(before)
    await store.close()
    await expect.poll(connections).toBe(before)
  })

  it.each(drivers)(
    'is one for all stores of a client, with one set of listeners, closed with the last of them, with %s',
    async (_name, clientOf) => {
      const server = await privateRedis()
      const admin = closing(new Redis(server.url))
      const connections = async () =>
        String(await admin.call('CLIENT', 'LIST', 'TYPE', 'normal'))
          .split('\n')
          .filter(Boolean).length
      const client = clientOf(server.url)
      if ('isOpen' in client) await (client.connect as () => Promise<unknown>)()
      await pingOf(client)
      const events = client as unknown as EventEmitter
      const listeners = () => events.eventNames().map((name) => events.listenerCount(name))
      const warned = vi.fn()
      process.on('warning', warned)
      onTestFinished(() => void process.off('warning', warned))
      const [before, heard] = [await connections(), listeners()]
      const stores = Array.from({ length: 20 }, () => redisStore({ client, ...prefixes() }))
      await Promise.all(stores.map((store) => store.create()))
      expect(await connections()).toBe(before + 1)
      for (const store of stores.slice(1)) await store.close()
      await expect(stores[0]?.count()).resolves.toBe(1)
      await stores[0]?.close()
      await expect.poll(connections).toBe(before)
      expect(listeners()).toEqual(heard)
      expect(await pingOf(client)).toBe('PONG')
      expect(warned).not.toHaveBeenCalled()
    },
  )

  it.each(drivers)(
    'of a client that the application has closed is closed too, and SESS_UNAVAILABLE, with %s',
    async (_name, clientOf) => {
      const server = await privateRedis()
      const admin = closing(new Redis(server.url))
      const connections = async () =>
        String(await admin.call('CLIENT', 'LIST', 'TYPE', 'normal'))
          .split('\n')
          .filter(Boolean).length
      const before = await connections()
      const client = clientOf(server.url)
      if ('isOpen' in client) await (client.connect as () => Promise<unknown>)()
      const store = redisStore({ client, ...prefixes() })
      await store.ping()
      end(client)
      await expect.poll(connections).toBe(before)
      await expect(store.ping()).rejects.toMatchObject(unavailable)
      expect(await connections()).toBe(before)
      await store.close()
    },
  )

  it('of ioredis is to the database that the client has selected since', async () => {
    const { url } = await shared('redis7')
    const client = closing(new Redis(url))
    await client.select(3)
    const names = prefixes()
    const store = redisStore({ client, ...names })
    onTestFinished(() => store.close())
    await store.create()
    const other = redisStore({ url: `${url}/3`, ...names })
    onTestFinished(() => other.close())
    expect(await other.count()).toBe(1)
  })

  it('to nowhere is SESS_UNAVAILABLE for each call, and leaves nothing running', async () => {
    const proxy = await startProxy({ host: '127.0.0.1', port: 1 })
    await proxy.refuse()
    const store = redisStore({ addr: `127.0.0.1:${proxy.port}` })
    for (let round = 0; round < 3; round++) await expect(store.ping()).rejects.toMatchObject(unavailable)
    await expect(store.ping()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await store.close()
  })
})

function pingOf(client: RedisClient): Promise<unknown> {
  return (client as unknown as Redis).ping()
}
