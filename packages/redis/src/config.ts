import { boolean, choice, field, instance, integer, type StoreConfigInput, storeConfig, text } from '@sess/core/config'
import { addressOfHost, addressOfUrl } from './address.ts'
import { isRedisClient, type RedisClient } from './client/recognise.ts'

const urlMessage =
  'must be redis://[[user]:password@]host[:port][/db], rediss:// for TLS, ' +
  'redis-cluster://host[:port],host[:port] or redis-sentinel://host[:port],host[:port]/name[/db]'

export const redisConfig = storeConfig(
  {
    client: instance<RedisClient>(
      'a client of ioredis (Redis, Cluster) or of redis 5 or newer (createClient, createCluster, createSentinel)',
      isRedisClient,
    ),
    url: checked(urlMessage, addressOfUrl),
    addr: checked('must be host or host:port', addressOfHost),
    addrs: hosts(),
    username: text({ empty: true }),
    password: text({ empty: true }),
    db: integer(),
    tls: boolean(),
    cluster: boolean(),
    sentinel: text(),
    sessionPrefix: prefix(),
    statePrefix: prefix(),
    eviction: choice(['refuse', 'accept']),
  },
  { oneOf: ['client', 'url', 'addr', 'addrs'] },
)

/** The options of a Redis store, by code or by configuration: one of `client`, `url`, `addr` and `addrs`, and any of the others. */
export type RedisConfig = StoreConfigInput<typeof redisConfig>

declare global {
  interface SessStoreConfigs {
    redis: RedisConfig
  }
}

/** A string that `parse` accepts. */
function checked(message: string, parse: (value: string) => unknown) {
  return field<string>(message, (value) =>
    typeof value === 'string' && parse(value) !== undefined ? value : undefined,
  )
}

/** Some servers, as a list or as one string with commas. */
function hosts() {
  return field<readonly string[], readonly string[] | string>('must be one or more of host or host:port', (value) => {
    const list: unknown = typeof value === 'string' ? value.split(',') : value
    const isList = Array.isArray(list) && list.length > 0
    return isList && list.every((text) => typeof text === 'string' && addressOfHost(text) !== undefined)
      ? list
      : undefined
  })
}

/** Braces are left to the hash tags of sess: one that came first would take their place. Globs are nothing special. */
function prefix() {
  return field<string>('must be 1 to 128 printable ASCII characters, none of them { or }', (value) =>
    typeof value === 'string' && /^[\x20-\x7a|~]{1,128}$/.test(value) ? value : undefined,
  )
}
