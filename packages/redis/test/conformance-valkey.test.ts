import { Redis } from 'ioredis'
import { conformanceOn, quiet, redisHarness } from './harness.ts'

const keyPrefix = 'app[1]:'

/** The caller's own client, with the options that change what it sends and answers. */
await conformanceOn('valkey9', ({ url }) =>
  redisHarness({
    inspect: () => new Redis(url),
    keyPrefix,
    config: () => ({
      client: quiet(
        new Redis(url, {
          keyPrefix,
          enableAutoPipelining: true,
          lazyConnect: true,
          maxRetriesPerRequest: null,
          showFriendlyErrorStack: true,
          stringNumbers: true,
          replyMapping: 'resp3',
        }),
      ),
    }),
  }),
)
