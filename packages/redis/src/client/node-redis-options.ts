import type { RedisAddress } from '../address.ts'
import { retryDelay } from './client-port.ts'

/** Options of node-redis, of any kind of client. */
export interface Options {
  readonly [name: string]: unknown
  readonly socket?: object
  readonly defaults?: Options
}

/** How every connection of ours behaves: nothing waits in a queue, and the time of a call is kept by the store. */
export function serverOverrides(options: Options, timeoutMs: number): Options {
  return {
    ...options,
    disableOfflineQueue: true,
    keyPrefix: undefined,
    clientSideCache: undefined,
    emitInvalidate: undefined,
    commandsQueueMaxLength: undefined,
    pingInterval: undefined,
    socket: {
      ...options.socket,
      connectTimeout: timeoutMs,
      socketTimeout: undefined,
      reconnectStrategy: retryDelay,
    },
  }
}

/** A Cluster client of ours goes to masters alone, and connects to a node when it first needs it. */
export function clusterOverrides(options: Options, timeoutMs: number): Options {
  return {
    useReplicas: false,
    minimizeConnections: true,
    keyPrefix: undefined,
    clientSideCache: undefined,
    defaults: serverOverrides(options.defaults ?? {}, timeoutMs),
  }
}

/** The options with which node-redis makes a client by an address. */
export function optionsOfAddress(address: RedisAddress, timeoutMs: number): Options {
  const { username, password, tls } = address
  const login = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
  const node = serverOverrides({ ...login, ...(tls && { socket: { tls: true } }) }, timeoutMs)
  if ('nodes' in address) {
    return {
      rootNodes: address.nodes.map((socket) => ({ socket: { ...socket } })),
      ...clusterOverrides({ defaults: node }, timeoutMs),
    }
  }
  const database = address.db === undefined ? {} : { database: address.db }
  if ('sentinels' in address) {
    return { name: address.name, sentinelRootNodes: address.sentinels, nodeClientOptions: { ...node, ...database } }
  }
  const { host, port } = address
  return { ...node, ...database, socket: { ...node.socket, host, port } }
}
