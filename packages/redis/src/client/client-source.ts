import { SessionError } from '@sess/core'
import type { RedisAddress } from '../address.ts'
import type { ClientPort } from './client-port.ts'

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

/** The drivers in the order in which they are looked for. Each is loaded when it is first needed. */
const openers: readonly Opener[] = [
  (address, timeoutMs) =>
    installed(() => import('./open-ioredis.ts')).then((module) => module?.openIoredis(address, timeoutMs) ?? null),
  (address, timeoutMs) =>
    installed(() => import('./open-node-redis.ts')).then((module) => module?.openNodeRedis(address, timeoutMs) ?? null),
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

/** Null where the package that the module needs is not installed. */
async function installed<Module>(load: () => Promise<Module>): Promise<Module | null> {
  try {
    return await load()
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}
