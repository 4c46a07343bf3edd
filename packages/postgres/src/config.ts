import {
  boolean,
  identifier,
  instance,
  integer,
  type StoreConfigInput,
  splitUrl,
  storeConfig,
  url,
} from '@sess/core/config'
import type { PostgresClient } from './client.ts'

export const postgresConfig = storeConfig(
  {
    sql: instance<PostgresClient>('a client of postgres.js', isClient),
    url: url(['postgres', 'postgresql']),
    table: identifier(),
    schema: identifier(),
    prepare: boolean(),
    migrate: boolean(),
    max: integer({ min: 1, max: 10_000 }),
  },
  { oneOf: ['sql', 'url'], atMostOneOf: ['sql', 'max'] },
)

/** The options of a Postgres store, by code or by configuration; one of `sql` and `url` is required. */
export type PostgresConfig = StoreConfigInput<typeof postgresConfig>

declare module '@sess/core' {
  interface StoreConfigs {
    postgres: PostgresConfig
  }
}

/** The parameters of a URL that are the driver's or the server's, as other programs write them too. */
const connectionParameters: ReadonlySet<string> = new Set([
  'application_name',
  'connect_timeout',
  'idle_timeout',
  'keep_alive',
  'lock_timeout',
  'max_lifetime',
  'options',
  'ssl',
  'sslmode',
  'sslnegotiation',
  'sslrootcert',
  'statement_timeout',
  'target_session_attrs',
])

/**
 * The configuration in a URL such as `postgres://app@db/app?sslmode=require&table=web&ttl=2h`: what is about the connection
 * stays in `url`, any other parameter is an option of the store.
 */
export function configOfUrl(text: string): Record<string, string> {
  const { url, parameters } = splitUrl(text)
  const connection = new URLSearchParams()
  const options: Record<string, string> = {}
  for (const [name, value] of Object.entries(parameters)) {
    if (connectionParameters.has(name)) connection.set(name, value)
    else options[name] = value
  }
  if ('url' in options || 'sql' in options) throw new TypeError('a URL inside the URL')
  return { ...options, url: connection.size === 0 ? url : `${url}?${connection}` }
}

function isClient(value: object): boolean {
  const { unsafe, options } = value as Partial<PostgresClient>
  return typeof unsafe === 'function' && typeof options === 'object' && 'parsers' in options
}
