import type { ClusterOptions, RedisOptions } from 'ioredis'
import { retryDelay } from './client-port.ts'

/**
 * How every connection of ours behaves, wherever its address came from. What was on its way when a connection ends is not
 * sent again, and nothing waits in a queue. The time of a call is kept by the store.
 */
export function nodeOptions(timeoutMs: number) {
  return {
    autoResendUnfulfilledCommands: false,
    connectTimeout: timeoutMs,
    commandTimeout: undefined,
    socketTimeout: undefined,
    // A server that is still loading says so to each command; asking it with INFO would need one more right.
    enableReadyCheck: false,
    stringNumbers: false,
    monitor: false,
  } satisfies RedisOptions
}

/** The client of one server. */
export function serverOptions(timeoutMs: number) {
  return {
    ...nodeOptions(timeoutMs),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: retryDelay,
    reconnectOnError: null,
    sentinelCommandTimeout: timeoutMs,
  } satisfies RedisOptions
}

/**
 * A Cluster client. What met no connection to its node is tried again for some seconds, and waits while one is being made: a
 * Cluster client needs that, and no call is written once it is over.
 */
export function clusterOptions(timeoutMs: number) {
  return {
    lazyConnect: true,
    enableOfflineQueue: true,
    slotsRefreshTimeout: timeoutMs,
    scaleReads: 'master',
    clusterRetryStrategy: retryDelay,
    retryDelayOnFailover: 100,
  } satisfies ClusterOptions
}
