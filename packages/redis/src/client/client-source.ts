import { SessionError } from '@sess/core'
import type { RedisAddress } from '../address.ts'
import type { ClientPort } from './client-port.ts'
import { type Ioredis, openIoredis } from './open-ioredis.ts'
import { type NodeRedisDriver, openNodeRedis } from './open-node-redis.ts'

/** Where a store's client comes from. */
export interface ClientSource {
  readonly isCluster: boolean
  /** Makes the client, or hands out one that is there. It does not connect. */
  open(): Promise<ClientPort>
  /** For an address that may turn out to be a node of a Cluster: a client of that Cluster. */
  openCluster?(): Promise<ClientPort>
  /** Lets go of the client. */
  release(): void
}

/** Makes a client by its address; null where its driver is not installed. */
export type Opener = (address: RedisAddress, timeoutMs: number) => Promise<ClientPort | null>

/** The drivers in the order in which they are looked for. */
const openers: readonly Opener[] = [
  async (address, timeoutMs) => {
    const driver = await loadIoredis()
    return driver && openIoredis(driver, address, timeoutMs)
  },
  async (address, timeoutMs) => {
    const driver = await loadNodeRedis()
    return driver && openNodeRedis(driver, address, timeoutMs)
  },
]

/** A client of the store's own. `mayBeCluster`: whether the address may be a node of a Cluster all the same. */
export function sourceOfAddress(
  address: RedisAddress,
  {
    timeoutMs,
    mayBeCluster,
    drivers = openers,
  }: { timeoutMs: number; mayBeCluster: boolean; drivers?: readonly Opener[] },
): ClientSource {
  const ports: ClientPort[] = []
  const open = async (to: RedisAddress) => {
    for (const port of ports.splice(0)) port.close()
    const port = await openFirst(drivers, to, timeoutMs)
    ports.push(port)
    return port
  }
  return {
    isCluster: 'nodes' in address,
    open: () => open(address),
    ...(mayBeCluster && 'host' in address && { openCluster: () => open(asCluster(address)) }),
    release() {
      for (const port of ports.splice(0)) port.close()
    },
  }
}

function asCluster({ host, port, db, ...rest }: Extract<RedisAddress, { host: string }>): RedisAddress {
  if (db) {
    throw new SessionError(
      'SESS_CONFIG',
      `Redis: the server is a node of a Cluster, which has database 0 alone, and not ${db}`,
    )
  }
  return { nodes: [{ host, port }], ...rest }
}

async function openFirst(drivers: readonly Opener[], address: RedisAddress, timeoutMs: number): Promise<ClientPort> {
  for (const driver of drivers) {
    const port = await driver(address, timeoutMs)
    if (port !== null) return port
  }
  throw new SessionError(
    'SESS_CONFIG',
    "Redis: no driver is installed: run 'npm install ioredis' or 'npm install redis'",
  )
}

// A bundler takes an import that stands in a `try` for one that may fail.

async function loadIoredis(): Promise<Ioredis | null> {
  try {
    return await import('ioredis')
  } catch (error) {
    return nullIfMissing(error)
  }
}

async function loadNodeRedis(): Promise<NodeRedisDriver | null> {
  try {
    return await import('redis')
  } catch (error) {
    return nullIfMissing(error)
  }
}

function nullIfMissing(error: unknown): null {
  const { code } = error as { code?: unknown }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return null
  throw error
}
