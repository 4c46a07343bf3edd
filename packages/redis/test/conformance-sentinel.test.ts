import { Redis } from 'ioredis'
import { conformanceOn, quiet, redisHarness } from './harness.ts'

await conformanceOn('redis-sentinel', ({ name, sentinels }) =>
  redisHarness({
    inspect: () => new Redis({ name, sentinels }),
    config: () => ({ client: quiet(new Redis({ name, sentinels, enableOfflineQueue: false })) }),
  }),
)
