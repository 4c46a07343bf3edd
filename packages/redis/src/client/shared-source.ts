import type { EventEmitter } from 'node:events'
import type { Cluster, Redis } from 'ioredis'
import type { ClientPort } from './client-port.ts'
import type { ClientSource } from './client-source.ts'
import { clusterOptions, nodeOptions, serverOptions } from './ioredis-options.ts'
import { IoredisPort } from './ioredis-port.ts'
import { clusterOverrides, type Options, serverOverrides } from './node-redis-options.ts'
import { type NodeRedis, NodeRedisPort } from './node-redis-port.ts'
import { isCluster, isIoredis, kindOfNodeRedis, type RedisClient } from './recognise.ts'

/** The clients that were made from one of the application, by the time-out of their stores, and what watches over it. */
interface Duplicates {
  readonly byTimeout: Map<number, { readonly port: ClientPort; stores: number }>
  readonly onEnd: () => void
}

const duplicates = new WeakMap<RedisClient, Duplicates>()

/** A client of node-redis that has yet to connect looks like one that was closed. */
const endedClients = new WeakSet<object>()

/**
 * Connections of the store's own, made from the application's client: with its address, its login, its TLS and its key
 * prefix, but sending nothing again. All stores of one client share them; they are closed with the last store, and when the
 * application closes its client.
 */
export function sourceOfClient(client: RedisClient, timeoutMs: number): ClientSource {
  let isHeld = false
  return {
    isCluster: isCluster(client),
    async open() {
      const { byTimeout } = duplicatesOf(client)
      const known = byTimeout.get(timeoutMs)
      const entry = known ?? { port: duplicateOf(client, timeoutMs), stores: 0 }
      byTimeout.set(timeoutMs, entry)
      entry.stores += 1
      isHeld = true
      return entry.port
    },
    release() {
      if (isHeld) letGo(client, timeoutMs)
      isHeld = false
    },
  }
}

function duplicatesOf(client: RedisClient): Duplicates {
  const known = duplicates.get(client)
  if (known !== undefined) return known
  const byTimeout: Duplicates['byTimeout'] = new Map()
  const made: Duplicates = {
    byTimeout,
    onEnd() {
      endedClients.add(client)
      for (const { port } of byTimeout.values()) port.close()
    },
  }
  duplicates.set(client, made)
  emitterOf(client).on('end', made.onEnd)
  return made
}

function emitterOf(client: RedisClient): Pick<EventEmitter, 'on' | 'off'> {
  return client as unknown as EventEmitter
}

function letGo(client: RedisClient, timeoutMs: number): void {
  const { byTimeout, onEnd } = duplicatesOf(client)
  const entry = byTimeout.get(timeoutMs)
  if (entry === undefined) return
  entry.stores -= 1
  if (entry.stores > 0) return
  byTimeout.delete(timeoutMs)
  entry.port.close()
  if (byTimeout.size > 0) return
  emitterOf(client).off('end', onEnd)
  duplicates.delete(client)
}

function duplicateOf(client: RedisClient, timeoutMs: number): ClientPort {
  if (!isIoredis(client)) return duplicateOfNodeRedis(client as unknown as NodeRedis, timeoutMs)
  const redis = client as unknown as Redis | Cluster
  const isGone = () => redis.status === 'end'
  if ('nodes' in redis) {
    const redisOptions = { ...nodeOptions(timeoutMs), keyPrefix: undefined }
    const own = redis.duplicate([], { ...clusterOptions(timeoutMs), keyPrefix: undefined, redisOptions } as object)
    return new IoredisPort(own, isGone)
  }
  // SELECT does not change the options.
  const { condition } = redis as unknown as { condition?: { select?: number } | null }
  const own = redis.duplicate({
    ...serverOptions(timeoutMs),
    keyPrefix: undefined,
    ...(condition?.select !== undefined && { db: condition.select }),
  } as object)
  return new IoredisPort(own, isGone)
}

interface ServerOptions {
  readonly socket?: { readonly host?: string; readonly port?: number; readonly path?: string }
  readonly database?: number
}

function duplicateOfNodeRedis(client: NodeRedis, timeoutMs: number): ClientPort {
  const kind = kindOfNodeRedis(client)
  const isGone = () => !client.isOpen && endedClients.has(client)
  const { options = {}, _options = {} } = client as unknown as { options?: Options; _options?: Options }
  if (kind === 'server') {
    const { socket = {}, database } = options as ServerOptions
    const address = socket.path ?? `${socket.host ?? 'localhost'}:${socket.port ?? 6379}`
    const own = client.duplicate(serverOverrides(options, timeoutMs))
    return new NodeRedisPort(own, { kind, address, database, timeoutMs, isGone })
  }
  if (kind === 'cluster') {
    const [first] = (_options.rootNodes ?? []) as readonly {
      url?: string
      socket?: { host?: string; port?: number }
    }[]
    const address = first?.socket ? `${first.socket.host}:${first.socket.port ?? 6379}` : hostOf(first?.url)
    return new NodeRedisPort(client.duplicate(clusterOverrides(_options, timeoutMs)), {
      kind,
      address,
      timeoutMs,
      isGone,
    })
  }
  // Its options cannot be read: it keeps those of the application for its nodes.
  const own = client.duplicate({ keyPrefix: undefined, replicaPoolSize: 0, clientSideCache: undefined })
  return new NodeRedisPort(own, { kind, address: 'the sentinels', timeoutMs, isGone })
}

function hostOf(url: string | undefined): string {
  return URL.parse(url ?? '')?.host ?? 'the root nodes'
}
