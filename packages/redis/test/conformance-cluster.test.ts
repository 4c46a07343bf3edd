import { Cluster } from 'ioredis'
import { conformanceOn, quiet } from './harness.ts'

/** A client that reads from replicas where it can: sess does not let it. */
await conformanceOn('redis-cluster', ({ nodes }, { address, natMap }) => {
  const options = { natMap, scaleReads: 'slave', enableAutoPipelining: true, lazyConnect: true } as const
  return { inspect: () => new Cluster(nodes), config: () => ({ client: quiet(new Cluster(address.nodes, options)) }) }
})
