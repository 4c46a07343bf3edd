import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis-lowest'
import { conformanceOn, quiet } from './harness.ts'

/** The lowest version of node-redis that the package takes. */
await conformanceOn('redis7', ({ url }, { address }) => ({
  inspect: () => new Redis(url),
  config: () => ({ client: quiet(createClient({ url: address.url })) }),
}))

await conformanceOn('redis-cluster', ({ nodes }, { address, natMap }) => ({
  inspect: () => new Cluster(nodes),
  config: () => ({
    client: quiet(createCluster({ rootNodes: address.nodes.map((socket) => ({ socket })), nodeAddressMap: natMap })),
  }),
}))
