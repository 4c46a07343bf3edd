import { describeConformance } from '@sess/core/conformance'
import { startProxy } from '@sess/testkit'
import { describe, it } from 'vitest'
import { postgresHarness } from './harness.ts'
import { onServer } from './on-server.ts'

/** A store with a pool of its own, by URL. */
onServer('postgres15', 'by URL', (server) => {
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
