import type { RedisAddress } from '../address.ts'
import { optionsOfAddress } from './node-redis-options.ts'
import { type NodeRedis, NodeRedisPort } from './node-redis-port.ts'

/** The driver, which is loaded when it is first needed. */
export type NodeRedisDriver = Pick<typeof import('redis'), 'createClient' | 'createCluster' | 'createSentinel'>

/** A client of node-redis. It connects at the first use, and again by itself. */
export function openNodeRedis(driver: NodeRedisDriver, address: RedisAddress, timeoutMs: number): NodeRedisPort {
  const { createClient, createCluster, createSentinel } = driver
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
