import { createSessionStore, type JsonObject, SessionError, type SessionStore } from '@sess/core'
import { parseOptions, type StoreConfigOutput } from '@sess/core/config'
import { addressOfHost, addressOfUrl, type RedisAddress, type ServerAddress } from './address.ts'
import { RedisBackend } from './backend.ts'
import { type RedisConfig, redisConfig } from './config.ts'
import { openClient, type RedisClient } from './connection.ts'

/**
 * A store on Redis or Valkey: one server, Sentinel's master, or a Cluster. Nothing connects before the first use.
 *
 * Exactly one of these says where it is:
 * - `client`: an ioredis `Redis` or `Cluster` with any options; `close` leaves it open.
 * - `url`: `redis://[[user]:password@]host[:port][/db]`, `rediss://` for TLS, `redis-cluster://host,host` for a Cluster,
 *   `redis-sentinel://host,host/name[/db]` for the master that sentinels know by a name.
 * - `addr`: `host:port`, with `password` (default none) and `db` (default 0).
 *
 * `sessionPrefix` (default `'session:'`) and `statePrefix` (default `'state:'`) begin the keys. The options of every store
 * apply as well.
 * @throws `SESS_CONFIG` with every problem of the options at once
 * @example
 * ```ts
 * const store = redisStore({ url: 'redis://127.0.0.1:6379', ttl: '12h' })
 * ```
 */
export function redisStore<Data extends object = JsonObject>(options: RedisConfig): SessionStore<Data> {
  const config = parseOptions('redis', redisConfig, options)
  const {
    client,
    url,
    addr,
    password,
    db,
    sessionPrefix = 'session:',
    statePrefix = 'state:',
    eviction,
    ...common
  } = config
  if (sessionPrefix === statePrefix) throw badOptions('sessionPrefix and statePrefix must differ')
  if (addr === undefined && (password !== undefined || db !== undefined)) {
    throw badOptions('password and db go with addr: a url has its own, and a client has been made with them')
  }
  if (client !== undefined) refuseEmptyTag(client)
  const { timeoutMs = 5_000, onBackgroundError } = common
  const used = client ?? openClient(addressOf(config), timeoutMs)
  const release = () => {
    if (client === undefined) used.disconnect()
  }
  const backend = new RedisBackend({
    client: used,
    timeoutMs,
    sessionPrefix,
    statePrefix,
    release,
    ...(eviction !== undefined && { eviction }),
    ...(onBackgroundError !== undefined && { onBackgroundError }),
  })
  return createSessionStore<Data>(backend, common)
}

function addressOf({ url, addr, password, db }: StoreConfigOutput<typeof redisConfig>): RedisAddress {
  if (url !== undefined) return addressOfUrl(url) as RedisAddress
  return {
    ...(addressOfHost(addr as string) as ServerAddress),
    ...(password && { password }),
    ...(db !== undefined && { db }),
  }
}

/** `{}` in front of our hash tag is an empty one: then a Cluster spreads the keys of one bucket over all slots. */
function refuseEmptyTag({ isCluster, options }: RedisClient): void {
  const { keyPrefix = '' } = options
  if (isCluster && keyPrefix.charAt(keyPrefix.indexOf('{') + 1) === '}' && keyPrefix.includes('{')) {
    throw badOptions("client: its keyPrefix has an empty hash tag, '{}', which leaves no key beside another")
  }
}

function badOptions(message: string): SessionError {
  return new SessionError('SESS_CONFIG', `Bad options for a redis store: ${message}`)
}
