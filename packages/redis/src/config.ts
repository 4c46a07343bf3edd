import { choice, field, instance, integer, type StoreConfigInput, storeConfig, text } from '@sess/core/config'
import { addressOfHost, addressOfUrl } from './address.ts'
import type { RedisClient } from './connection.ts'

const urlMessage =
  'must be redis://[[user]:password@]host[:port][/db], rediss:// for TLS, ' +
  'redis-cluster://host[:port],host[:port] or redis-sentinel://host[:port],host[:port]/name[/db]'

export const redisConfig = storeConfig(
  {
    client: instance<RedisClient>('a client of ioredis, Redis or Cluster', isClient),
    url: checked(urlMessage, addressOfUrl),
    addr: checked('must be host or host:port', addressOfHost),
    password: text({ empty: true }),
    db: integer(),
    sessionPrefix: prefix(),
    statePrefix: prefix(),
    eviction: choice(['refuse', 'accept']),
  },
  { oneOf: ['client', 'url', 'addr'] },
)

/** The options of a Redis store, by code or by configuration: one of `client`, `url` and `addr`, and any of the others. */
export type RedisConfig = StoreConfigInput<typeof redisConfig>

declare module '@sess/core' {
  interface StoreConfigs {
    redis: RedisConfig
  }
}

/** A text that something can be made of. */
function checked(message: string, parse: (value: string) => unknown) {
  return field<string>(message, (value) =>
    typeof value === 'string' && parse(value) !== undefined ? value : undefined,
  )
}

/** Braces are left to the hash tags of sess: one that came first would take their place. Globs are nothing special. */
function prefix() {
  return field<string>('must be 1 to 128 printable ASCII characters, none of them { or }', (value) =>
    typeof value === 'string' && /^[\x20-\x7a|~]{1,128}$/.test(value) ? value : undefined,
  )
}

function isClient(value: object): boolean {
  const { evalsha, isCluster } = value as Partial<RedisClient>
  return typeof evalsha === 'function' && typeof isCluster === 'boolean'
}
