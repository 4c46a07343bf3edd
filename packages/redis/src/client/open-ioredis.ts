import type { RedisAddress } from '../address.ts'
import { clusterOptions, nodeOptions, serverOptions } from './ioredis-options.ts'
import { IoredisPort } from './ioredis-port.ts'

/** The driver, which is loaded when it is first needed. */
export type Ioredis = Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>

/** A client of ioredis. It connects at the first use, and again by itself. */
export function openIoredis({ Cluster, Redis }: Ioredis, address: RedisAddress, timeoutMs: number): IoredisPort {
  if ('nodes' in address) {
    const { nodes, tls, ...login } = address
    const redisOptions = { ...nodeOptions(timeoutMs), ...login, ...(tls && { tls: {} }) }
    return new IoredisPort(new Cluster([...nodes], { ...clusterOptions(timeoutMs), redisOptions }))
  }
  const { tls, ...place } = address
  const way =
    'sentinels' in place
      ? {
          ...place,
          sentinels: [...place.sentinels],
          ...(tls && { tls: {}, enableTLSForSentinelMode: true, sentinelTLS: {} }),
        }
      : { ...place, ...(tls && { tls: {} }) }
  return new IoredisPort(new Redis({ ...serverOptions(timeoutMs), ...way }))
}
