import { Cluster, Redis } from 'ioredis'
import { Cluster as LowestCluster, Redis as LowestRedis } from 'ioredis-lowest'
import { conformanceOn, quiet } from './harness.ts'

/** The options that change what a client sends and answers. */
const options = { enableAutoPipelining: true, showFriendlyErrorStack: true, stringNumbers: true } as const

/** The lowest version of ioredis that the package takes. */
await conformanceOn('redis7', ({ url }, { address }) => ({
  inspect: () => new Redis(url),
  keyPrefix: 'app[1]:',
  config: () => ({
    client: quiet(new LowestRedis(address.url, { ...options, keyPrefix: 'app[1]:', lazyConnect: true })),
  }),
}))

await conformanceOn('redis-cluster', ({ nodes }, { address, natMap }) => ({
  inspect: () => new Cluster(nodes),
  config: () => ({
    client: quiet(new LowestCluster(address.nodes, { ...options, natMap, scaleReads: 'slave', lazyConnect: true })),
  }),
}))
