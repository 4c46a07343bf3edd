import { randomBytes } from 'node:crypto'
import { redisStore } from '@sess/redis'
import { isSkipped, type Running, shared, start, startProxy } from '@sess/testkit'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { mastersOf, quiet } from './harness.ts'

const unavailable = { code: 'SESS_UNAVAILABLE', retryable: true }
const prefixes = () => {
  const name = `t${randomBytes(6).toString('hex')}`
  return { sessionPrefix: `${name}:s:`, statePrefix: `${name}:t:` }
}

describe.skipIf(isSkipped('redis7'))('a script that the server has forgotten', () => {
  it('is sent again after SCRIPT FLUSH', async () => {
    const { url } = await shared('redis7')
    const client = closing(new Redis(url, { enableAutoPipelining: true }))
    const store = redisStore({ client, ...prefixes() })
    const { id } = await store.create()
    for (let round = 0; round < 3; round++) {
      await client.script('FLUSH')
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

  it('is sent again after a restart', { timeout: 60_000 }, async () => {
    const server = await privateRedis()
    const store = redisStore({ url: server.url })
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
  it('is over for a store of a client that queues commands, and nothing was queued', async () => {
    const server = await shared('redis7')
    await using proxy = await startProxy(server)
    const client = closing(quiet(new Redis(proxy.through(server.url), { maxRetriesPerRequest: null })))
    const store = redisStore({ client, ...prefixes(), timeoutMs: 2_000 })
    const session = await store.create({ data: { n: 1 } })
    await proxy.refuse()
    await expect.poll(() => client.status).not.toBe('ready')
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
  })

  it('that is over at the next attempt to connect is not noticed', async () => {
    const server = await shared('redis7')
    await using proxy = await startProxy(server)
    const store = redisStore({ url: proxy.through(server.url), ...prefixes() })
    onTestFinished(() => store.close())
    const { id } = await store.create()
    for (let round = 0; round < 5; round++) {
      proxy.cut()
      // What was on its way is lost; what comes after waits for the connection.
      await store.ping().catch(() => {})
      expect(await store.exists(id)).toBe(true)
    }
  })

  it('of a server that hangs ends with SESS_TIMEOUT and a new connection', async () => {
    const server = await shared('redis7')
    await using proxy = await startProxy(server)
    const store = redisStore({ url: proxy.through(server.url), ...prefixes(), timeoutMs: 300 })
    onTestFinished(() => store.close())
    const session = await store.create({ data: { n: 1 } })
    proxy.stall()
    const late = [store.save({ ...session, data: { n: 2 } }), store.load(session.id), store.count()]
    for (const outcome of await Promise.allSettled(late)) expect(outcome).toMatchObject({ reason: { retryable: true } })
    expect(await late[0]?.catch((error) => error.code)).toBe('SESS_TIMEOUT')
    proxy.resume()
    await expect.poll(() => store.exists(session.id).catch(() => 'is away'), { timeout: 10_000 }).toBe(true)
  })

  it('ends what a client that sends nothing again would forget (redis/ioredis#2193), and blocks nothing after it', async () => {
    const server = await shared('redis7')
    await using proxy = await startProxy(server)
    const names = prefixes()
    const inspect = redisStore({ url: server.url, ...names })
    onTestFinished(() => inspect.close())
    const options = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: null }
    const client = closing(quiet(new Redis(proxy.through(server.url), options)))
    const store = redisStore({ client, ...names })
    const { id } = await store.create()
    proxy.stall('replies')
    const late = [store.load(id), store.count(), store.ping(), store.create()]
    await expect.poll(() => inspect.count()).toBe(2)
    proxy.cut()
    proxy.resume()
    for (const outcome of await Promise.allSettled(late)) expect(outcome).toMatchObject({ reason: unavailable })
    expect(await store.count()).toBe(2)
    await store.close()
    expect(client.listenerCount('close')).toBe(0)
  })

  it('between a write and its answer does not make the write happen twice', async () => {
    const server = await shared('redis7')
    await using proxy = await startProxy(server)
    const names = prefixes()
    const inspect = redisStore({ url: server.url, ...names })
    const client = closing(quiet(new Redis(proxy.through(server.url), { maxRetriesPerRequest: 5 })))
    const store = redisStore({ client, ...names })
    onTestFinished(() => inspect.close())
    const { id } = await store.create({ data: { n: 0 } })
    const update = async () => {
      await store.update(id, ({ data }) => {
        data.n = Number(data.n) + 1
      })
    }
    await update()
    proxy.stall('replies')
    // The client of the application sends again what it has no answer to.
    const repeated = Promise.all([store.create(), store.create({ identity: { providerId: 'a', externalId: 'b' } })])
    await expect.poll(() => inspect.count()).toBe(3)
    proxy.cut()
    proxy.resume()
    const created = await repeated
    expect(await inspect.count()).toBe(3)
    for (const session of created) expect(await inspect.load(session.id)).toEqual(session)
    expect((await inspect.load(id))?.data).toEqual({ n: 1 })
  })
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

  it('of the application stays open, and is no worse for two stores at once', async () => {
    const server = await shared('redis7')
    const client = closing(new Redis(server.url, { lazyConnect: true, enableOfflineQueue: false }))
    const stores = [redisStore({ client, ...prefixes() }), redisStore({ client, ...prefixes() })]
    await Promise.all(stores.map((store) => store.create()))
    for (const store of stores) await store.close()
    expect(client.status).toBe('ready')
    expect(await client.ping()).toBe('PONG')
    expect(client.listenerCount('error')).toBe(0)
  })

  it('that the application has closed is SESS_UNAVAILABLE', async () => {
    const server = await shared('redis7')
    const client = new Redis(server.url)
    const store = redisStore({ client, ...prefixes() })
    await store.ping()
    await client.quit()
    await expect.poll(() => client.status).toBe('end')
    await expect(store.ping()).rejects.toMatchObject(unavailable)
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

function closing<Client extends Redis | Cluster>(client: Client): Client {
  onTestFinished(() => client.disconnect())
  return client
}

async function privateRedis(): Promise<Running> {
  const server = await start('redis7')
  onTestFinished(() => server.stop())
  return server
}
