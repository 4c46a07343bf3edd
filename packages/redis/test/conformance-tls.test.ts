import { Redis } from 'ioredis'
import { conformanceOn, quiet, redisHarness } from './harness.ts'

/** TLS, and an ACL user of its own. */
await conformanceOn('redis-tls', ({ url, ca }) => {
  const connect = () => quiet(new Redis(url, { tls: { ca } }))
  return redisHarness({ inspect: connect, config: () => ({ client: connect() }) })
})
