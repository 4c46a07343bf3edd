import { redisStore } from '@sess/redis'
import { isSkipped, start } from '@sess/testkit'
import { createCluster } from 'redis'
import { createCluster as createLowestCluster } from 'redis-lowest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closing, quiet } from './harness.ts'

describe.skipIf(isSkipped('redis-cluster'))('a Cluster of which one master is dead', () => {
  it.each([
    ['newest', createCluster],
    ['lowest', createLowestCluster as unknown as typeof createCluster],
  ])(
    'is found anew when its replica has taken over, with the %s node-redis',
    { timeout: 180_000 },
    async (_name, create) => {
      const cluster = await start('redis-cluster')
      onTestFinished(() => cluster.stop())
      const client = closing(quiet(create({ rootNodes: cluster.nodes.map((socket) => ({ socket })) })))
      const store = redisStore({ client, timeoutMs: 1_000 })
      onTestFinished(() => store.close())
      const sessions = await Promise.all(Array.from({ length: 100 }, () => store.create()))
      await cluster.members[0]?.kill()
      for (const outcome of await Promise.allSettled(sessions.map(({ id }) => store.load(id)))) {
        if (outcome.status === 'fulfilled') expect(outcome.value).not.toBeNull()
        else expect(outcome.reason).toMatchObject({ retryable: true })
      }
      const allLoad = () =>
        Promise.all(sessions.map(({ id }) => store.load(id))).then(
          (all) => all.filter(Boolean).length,
          () => 0,
        )
      await expect.poll(allLoad, { timeout: 90_000, interval: 500 }).toBe(100)
    },
  )
})
