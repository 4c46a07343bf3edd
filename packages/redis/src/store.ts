import {
  createSessionStore,
  defaultTimeoutMs,
  type JsonObject,
  SessionError,
  type SessionStore,
  type WithData,
} from '@sess/core'
import { parseOptions, type StoreConfigOutput } from '@sess/core/config'
import { addressOfParts, addressOfUrl, type RedisAddress } from './address.ts'
import { RedisBackend } from './backend.ts'
import { type ClientSource, sourceOfAddress } from './client/client-source.ts'
import { isCluster, keyPrefixOf, type RedisClient } from './client/recognise.ts'
import { sourceOfClient } from './client/shared-source.ts'
import { type RedisConfig, redisConfig } from './config.ts'
import { Connection } from './connection.ts'

/**
 * A store on Redis or Valkey: one server, Sentinel's master, or a Cluster. Nothing connects before the first use.
 *
 * Exactly one of these says where it is:
 * - `client`: of ioredis (`Redis`, `Cluster`) or of node-redis (`createClient`, `createCluster`, `createSentinel`). The store
 *   makes connections of its own from it, and `close` leaves it open.
 * - `url`: `redis://[[user]:password@]host[:port][/db]`, `rediss://` for TLS, `redis-cluster://host,host` for a Cluster,
 *   `redis-sentinel://host,host/name[/db]` for the master that sentinels know by a name.
 * - `addr`: `host:port`, or `addrs`: several. Beside them `username`, `password` (default none), `db` (default 0), `tls`,
 *   `cluster` (for the nodes of a Cluster) and `sentinel` (the master's name, where the addresses are those of sentinels).
 *
 * `sessionPrefix` (default `'session:'`) and `statePrefix` (default `'state:'`) begin the keys. The options of every store
 * apply as well.
 * @throws `SESS_CONFIG` with every problem of the options at once
 * @example
 * ```ts
 * const store = redisStore({ url: 'redis://127.0.0.1:6379', ttl: '12h' })
 * ```
 */
export function redisStore<Data extends object = JsonObject>(options: WithData<RedisConfig, Data>): SessionStore<Data> {
  const config = parseOptions('redis', redisConfig, options as RedisConfig)
  const { client, url, addr, addrs, username, password, db, tls, cluster, sentinel, ...rest } = config
  const { sessionPrefix = 'session:', statePrefix = 'state:', eviction, ...common } = rest
  if (sessionPrefix === statePrefix) throw badOptions('sessionPrefix and statePrefix must differ')
  refuseContradictions(config)
  const { timeoutMs = defaultTimeoutMs, onBackgroundError } = common
  const keyPrefix = client === undefined ? '' : keyPrefixOf(client)
  if (client !== undefined) refuseEmptyTag(client, keyPrefix)
  const connection = new Connection({
    source: client === undefined ? sourceOf(config, timeoutMs) : sourceOfClient(client, timeoutMs),
    timeoutMs,
    // Their tags lie in different slots.
    probe: [`${keyPrefix}${sessionPrefix}{a}`, `${keyPrefix}${sessionPrefix}{b}`],
  })
  const backend = new RedisBackend({
    connection,
    sessionPrefix: keyPrefix + sessionPrefix,
    statePrefix: keyPrefix + statePrefix,
    ...(eviction !== undefined && { eviction }),
    ...(onBackgroundError !== undefined && { onBackgroundError }),
  })
  return createSessionStore<Data>(backend, common)
}

type Output = StoreConfigOutput<typeof redisConfig>

function sourceOf(config: Output, timeoutMs: number): ClientSource {
  const { url, addr, addrs = [], username, password, db, tls, cluster, sentinel } = config
  if (url !== undefined) return sourceOfAddress(addressOfUrl(url) as RedisAddress, { timeoutMs, mayBeCluster: false })
  const address = addressOfParts({
    addrs: addr === undefined ? addrs : [addr],
    ...(username && { username }),
    ...(password && { password }),
    ...(db !== undefined && { db }),
    ...(tls !== undefined && { tls }),
    ...(cluster !== undefined && { cluster }),
    ...(sentinel !== undefined && { sentinel }),
  })
  return sourceOfAddress(address, { timeoutMs, mayBeCluster: cluster !== false })
}

function refuseContradictions(config: Output): void {
  const { addr, addrs, db, cluster, sentinel } = config
  if (addr === undefined && addrs === undefined) {
    const beside = (['username', 'password', 'db', 'tls', 'cluster', 'sentinel'] as const).filter(
      (key) => config[key] !== undefined,
    )
    if (beside.length === 0) return
    throw badOptions(
      `${beside.join(', ')} go with addr or addrs: a url has its own, and a client has been made with them`,
    )
  }
  if (cluster && sentinel !== undefined) throw badOptions('cluster and sentinel exclude each other')
  const isCluster = cluster || (sentinel === undefined && (addrs?.length ?? 1) > 1)
  if (cluster === false && isCluster)
    throw badOptions('several addrs are those of a Cluster, or of sentinels with sentinel')
  if (isCluster && db) throw badOptions(`db: a Cluster has database 0 alone, and not ${db}`)
}

/** `{}` in front of our hash tag is an empty one: then a Cluster spreads the keys of one bucket over all slots. */
function refuseEmptyTag(client: RedisClient, keyPrefix: string): void {
  if (isCluster(client) && keyPrefix.charAt(keyPrefix.indexOf('{') + 1) === '}' && keyPrefix.includes('{')) {
    throw badOptions("client: its keyPrefix has an empty hash tag, '{}', which leaves no key beside another")
  }
}

function badOptions(message: string): SessionError {
  return new SessionError('SESS_CONFIG', `Bad options for a redis store: ${message}`)
}
