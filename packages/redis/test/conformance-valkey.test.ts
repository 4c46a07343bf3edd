import { Redis } from 'ioredis'
import { conformanceOn, quiet } from './harness.ts'

const keyPrefix = 'app[1]:'

/** The caller's own client, with the options that change what it sends and answers. */
await conformanceOn('valkey9', ({ url }, { address }) => ({
  inspect: () => new Redis(url),
  keyPrefix,
  config: () => ({
    client: quiet(
      new Redis(address.url, {
        keyPrefix,
        enableAutoPipelining: true,
        lazyConnect: true,
        showFriendlyErrorStack: true,
        stringNumbers: true,
        replyMapping: 'resp3',
      }),
    ),
  }),
}))
