import { startProxy } from '@sess/testkit'
import { Redis } from 'ioredis'
import { conformanceOn, redisHarness } from './harness.ts'

/** A store that opens its own connection, by URL. */
await conformanceOn('redis7', (server) =>
  redisHarness({
    inspect: () => new Redis(server.url),
    way: () => startProxy(server),
    config: (proxy) => ({ url: proxy.through(server.url) }),
    outage: async (proxy) => {
      await proxy.refuse()
      return { end: () => proxy.restore() }
    },
    close: (proxy) => proxy.close(),
  }),
)
