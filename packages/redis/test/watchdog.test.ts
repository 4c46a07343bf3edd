import { randomBytes } from 'node:crypto'
import { redisStore } from '@sess/redis'
import { isSkipped, startProxy } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closing, drivers, privateRedis } from './harness.ts'

const prefixes = () => {
  const name = `t${randomBytes(6).toString('hex')}`
  return { sessionPrefix: `${name}:s:`, statePrefix: `${name}:t:` }
}

/** Stops the process, as a breakpoint, a garbage collection or a throttled container does. */
function pauseFor(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe.skipIf(isSkipped('redis7'))('a pause of the process that is longer than timeoutMs', () => {
  it.each(drivers)(
    'fails no call whose answer has arrived, and keeps the connection, with %s',
    async (_name, clientOf) => {
      const { url } = await privateRedis()
      const admin = closing(new Redis(url))
      const store = redisStore({ client: clientOf(url), ...prefixes(), timeoutMs: 400 })
      onTestFinished(() => store.close())
      const session = await store.create()
      const [one, two] = [await store.putState(), await store.putState({ data: { n: 2 } })]
      const connections = async () => /total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]
      const before = await connections()
      for (const state of [one, two]) {
        const answers = Promise.all([store.load(session.id), store.count(), store.consumeState(state)])
        // Until all is written.
        for (let turns = 0; turns < 3; turns += 1) await turn()
        pauseFor(1_500)
        expect(await answers).toEqual([session, 1, expect.objectContaining({ createdAt: expect.any(Date) })])
      }
      expect(await connections()).toBe(before)
    },
  )
})

describe.skipIf(isSkipped('redis7'))('a server that is silent', () => {
  it.each(drivers)(
    'loses its connection even where the client has no time-out of its own, with %s',
    async (_name, clientOf) => {
      const server = await privateRedis()
      await using proxy = await startProxy(server)
      const store = redisStore({ client: clientOf(proxy.through(server.url)), ...prefixes(), timeoutMs: 200 })
      onTestFinished(() => store.close())
      const { id } = await store.create()
      const admin = closing(new Redis(server.url))
      const connections = async () => Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1])
      const before = await connections()
      proxy.stall()
      await expect(store.touch(id)).rejects.toMatchObject({ code: 'SESS_TIMEOUT' })
      const tried = async () => {
        await store.exists(id).catch(() => {})
        return connections()
      }
      await expect.poll(tried, { timeout: 10_000 }).toBeGreaterThan(before)
      proxy.resume()
      await expect.poll(() => store.exists(id).catch(({ code }) => code)).toBe(true)
      expect(await connections()).toBeGreaterThan(before)
    },
  )

  it.each(drivers)('is heard as long as it answers, however much is under way, with %s', async (_name, clientOf) => {
    const { url } = await privateRedis()
    const admin = closing(new Redis(url))
    const store = redisStore({ client: clientOf(url), ...prefixes(), timeoutMs: 300 })
    onTestFinished(() => store.close())
    await store.ping()
    const connections = async () => /total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]
    const before = await connections()
    const end = performance.now() + 1_200
    while (performance.now() < end) await Promise.all(Array.from({ length: 50 }, () => store.create()))
    expect(await connections()).toBe(before)
  })
})
