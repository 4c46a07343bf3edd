import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { conformanceOn, quiet } from './harness.ts'

/** The application's own client of node-redis, with the options that change what it sends and answers. */
await conformanceOn('redis7', ({ url }, { address }) => ({
  inspect: () => new Redis(url),
  keyPrefix: 'app[1]:',
  config: () => ({ client: quiet(createClient({ url: address.url, keyPrefix: 'app[1]:' })) }),
}))
