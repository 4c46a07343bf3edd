import { boolean, identifier, instance, integer, type StoreConfigInput, storeConfig, url } from '@sess/core/config'
import { parseDatabaseUrl } from '@sess/sql'
import type { PgPool } from './pg.ts'
import { isConnectionParameter } from './url.ts'

/** The part of a postgres.js client that the store uses, for clients with any type parameters. */
export interface PostgresJsLike {
  readonly unsafe: (...args: never[]) => unknown
  readonly options: object
}

export const postgresConfig = storeConfig(
  {
    sql: instance<PostgresJsLike>('a client of postgres.js', isClient),
    pool: instance<PgPool>('a pool of pg', isPool),
    url: url(['postgres', 'postgresql']),
    table: identifier(),
    schema: identifier(),
    prepare: boolean(),
    migrate: boolean(),
    max: integer({ min: 1, max: 10_000 }),
  },
  { oneOf: ['sql', 'pool', 'url'], atMostOneOf: ['sql', 'pool', 'max'] },
)

/** The options of a Postgres store, by code or by configuration; one of `sql`, `pool` and `url` is required. */
export type PostgresConfig = StoreConfigInput<typeof postgresConfig>

declare global {
  interface SessStoreConfigs {
    postgres: PostgresConfig
  }
}

/** Parses a URL such as `postgres://app@db/app?sslmode=require&table=web&ttl=2h`. */
export function parseUrl(text: string): Readonly<Record<string, string>> {
  return parseDatabaseUrl(text, isConnectionParameter)
}

function isClient(value: object): boolean {
  const { unsafe, options } = value as Partial<PostgresJsLike>
  return typeof unsafe === 'function' && typeof options === 'object' && 'parsers' in options
}

function isPool(value: object): boolean {
  const { connect, query, totalCount } = value as Partial<PgPool>
  return typeof connect === 'function' && typeof query === 'function' && typeof totalCount === 'number'
}
