import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { conformanceOn, quiet } from './harness.ts'

await conformanceOn('redis-sentinel', ({ name, sentinels }, { address, natMap }) => ({
  inspect: () => new Redis({ name, sentinels }),
  config: () => ({
    client: quiet(createSentinel({ name, sentinelRootNodes: address.sentinels, nodeAddressMap: natMap })),
  }),
}))
