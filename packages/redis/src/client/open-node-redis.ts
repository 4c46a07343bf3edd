import { createClient, createCluster, createSentinel } from 'redis'
import type { RedisAddress } from '../address.ts'
import { optionsOfAddress } from './node-redis-options.ts'
import { type NodeRedis, NodeRedisPort } from './node-redis-port.ts'

/** A client of node-redis. It connects at the first use, and again by itself. */
export function openNodeRedis(address: RedisAddress, timeoutMs: number): NodeRedisPort {
  const options = optionsOfAddress(address, timeoutMs) as never
  const [first] = 'nodes' in address ? address.nodes : 'sentinels' in address ? address.sentinels : [address]
  const place = {
    address: `${first?.host}:${first?.port}`,
    database: 'db' in address ? address.db : undefined,
    timeoutMs,
  }
  if ('nodes' in address)
    return new NodeRedisPort(createCluster(options) as unknown as NodeRedis, { kind: 'cluster', ...place })
  if ('sentinels' in address) {
    return new NodeRedisPort(createSentinel(options) as unknown as NodeRedis, { kind: 'sentinel', ...place })
  }
  return new NodeRedisPort(createClient(options) as unknown as NodeRedis, { kind: 'server', ...place })
}
