import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { conformanceOn, quiet } from './harness.ts'

await conformanceOn('redis-cluster', ({ nodes }, { address, natMap }) => ({
  inspect: () => new Cluster(nodes),
  config: () => ({
    client: quiet(createCluster({ rootNodes: address.nodes.map((socket) => ({ socket })), nodeAddressMap: natMap })),
  }),
}))
