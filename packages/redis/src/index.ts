import { registerStore } from '@sess/core'
import { redisConfig } from './config.ts'
import { redisStore } from './store.ts'

export type { IoredisClient, NodeRedisClient, RedisClient } from './client/recognise.ts'
export type { RedisConfig } from './config.ts'
export { redisStore } from './store.ts'

registerStore({
  type: 'redis',
  schemes: ['redis', 'rediss', 'redis-cluster', 'redis-sentinel'],
  package: '@sess/redis',
  config: redisConfig,
  open: (config) => redisStore(config),
})
