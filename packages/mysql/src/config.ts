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
import type { MysqlPool } from './pool.ts'

export const mysqlConfig = storeConfig(
  {
    pool: instance<MysqlPool>('a pool of mysql2', isPool),
    url: url(['mysql', 'mariadb']),
    table: identifier(),
    migrate: boolean(),
    max: integer({ min: 1, max: 10_000 }),
  },
  { oneOf: ['pool', 'url'], atMostOneOf: ['pool', 'max'] },
)

/** The options of a MySQL or MariaDB store, by code or by configuration; one of `pool` and `url` is required. */
export type MysqlConfig = StoreConfigInput<typeof mysqlConfig>

declare module '@sess/core' {
  interface StoreConfigs {
    mysql: MysqlConfig
  }
}

/** The parameters of a URL that are about the connection, by the names that mysql2 has for them. */
const connectionParameters: ReadonlySet<string> = new Set([
  'compress',
  'connectAttributes',
  'connectTimeout',
  'enableCleartextPlugin',
  'enableKeepAlive',
  'keepAliveInitialDelay',
  'localAddress',
  'socketPath',
  'ssl',
])

/**
 * The configuration in a URL such as `mysql://app@db/app?ssl={}&table=web&ttl=2h`: what is about the connection stays in
 * `url`, any other parameter is an option of the store.
 */
export function configOfUrl(text: string): Record<string, string> {
  const { url, parameters } = splitUrl(text)
  const connection = new URLSearchParams()
  const options: Record<string, string> = {}
  for (const [name, value] of Object.entries(parameters)) {
    if (connectionParameters.has(name)) connection.set(name, value)
    else options[name] = value
  }
  if ('url' in options || 'pool' in options) throw new TypeError('a URL inside the URL')
  return { ...options, url: connection.size === 0 ? url : `${url}?${connection}` }
}

function isPool(value: object): boolean {
  const { getConnection, execute } = value as { getConnection?: unknown; execute?: unknown }
  return typeof getConnection === 'function' && typeof execute === 'function' && !('threadId' in value)
}
