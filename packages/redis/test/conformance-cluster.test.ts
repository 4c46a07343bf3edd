import { Cluster } from 'ioredis'
import { conformanceOn, quiet, redisHarness } from './harness.ts'

/** A client that reads from replicas where it can: sess does not let it. */
await conformanceOn('redis-cluster', ({ nodes }) =>
  redisHarness({
    inspect: () => new Cluster(nodes),
    config: () => ({ client: quiet(new Cluster(nodes, { scaleReads: 'slave', lazyConnect: true })) }),
  }),
)
