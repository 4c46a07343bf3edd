import { describeConformance } from '@sess/core/conformance'
import { isSkipped, shared, startProxy } from '@sess/testkit'
import { describe, it } from 'vitest'
import { postgresHarness } from './harness.ts'

/** A store with a pool of its own, by URL. */
describe.skipIf(isSkipped('postgres15'))('by URL', async () => {
  const server = await shared('postgres15')
  describeConformance(
    { describe, it },
    postgresHarness({
      url: server.url,
      way: () => startProxy(server),
      config: (proxy) => ({ url: proxy.through(server.url) }),
      outage: async (proxy) => {
        await proxy.refuse()
        return { end: () => proxy.restore() }
      },
      close: (proxy) => proxy.close(),
    }),
  )
})
