type AnyFunction = (...args: never) => unknown

/** A client of ioredis: `Redis` or `Cluster`. */
export interface IoredisClient {
  readonly status: string
  readonly isCluster: boolean
  readonly evalsha: AnyFunction
  readonly ping: AnyFunction
  readonly sendCommand: AnyFunction
  readonly duplicate: AnyFunction
  readonly on: AnyFunction
  readonly off: AnyFunction
}

/** A client of node-redis 5 or newer: of `createClient`, `createCluster` or `createSentinel`. */
export interface NodeRedisClient {
  readonly isOpen: boolean
  readonly evalSha: AnyFunction
  readonly connect: AnyFunction
  readonly sendCommand: AnyFunction
  readonly duplicate: AnyFunction
  readonly destroy: AnyFunction
  readonly on: AnyFunction
  readonly off: AnyFunction
}

/** A client that an application hands in. */
export type RedisClient = IoredisClient | NodeRedisClient

type Shape = Partial<Record<string, unknown>>

/** Clients are recognised by their shape, as a process may have more than one copy of a driver. */
export function isRedisClient(value: object): value is RedisClient {
  const { sendCommand, duplicate, evalsha, isCluster, evalSha, isOpen, destroy } = value as Shape
  if (typeof sendCommand !== 'function' || typeof duplicate !== 'function') return false
  if (typeof evalsha === 'function' && typeof isCluster === 'boolean') return true
  return typeof evalSha === 'function' && typeof isOpen === 'boolean' && typeof destroy === 'function'
}

export function isIoredis(client: RedisClient): client is IoredisClient {
  return 'evalsha' in client && 'isCluster' in client
}

export type NodeRedisKind = 'server' | 'cluster' | 'sentinel'

export function kindOfNodeRedis(client: object): NodeRedisKind {
  if ('getSentinelNode' in client) return 'sentinel'
  return 'slots' in client && 'masters' in client ? 'cluster' : 'server'
}

export function isCluster(client: RedisClient): boolean {
  return isIoredis(client) ? client.isCluster : kindOfNodeRedis(client) === 'cluster'
}

/** The string that the client puts in front of every key. */
export function keyPrefixOf(client: RedisClient): string {
  const { options, _keyPrefix } = client as { options?: { keyPrefix?: unknown }; _keyPrefix?: unknown }
  return String((isIoredis(client) ? options?.keyPrefix : _keyPrefix) ?? '')
}
