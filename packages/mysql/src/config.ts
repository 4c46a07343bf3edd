import {
  boolean,
  identifier,
  instance,
  integer,
  type StoreConfigInput,
  type StoreConfigOutput,
  type StoreConfigSchema,
  storeConfig,
  url,
} from '@sess/core/config'
import { parseDatabaseUrl } from '@sess/sql'
import { isConnectionParameter, urlProblem } from './connection-url.ts'
import type { MysqlPool } from './pool.ts'

const fields = storeConfig(
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
export type MysqlConfig = StoreConfigInput<typeof fields>

/** The fields, and what the parameters of the URL must be: where the store gets a URL, it has been through one parser. */
export const mysqlConfig: StoreConfigSchema<MysqlConfig, StoreConfigOutput<typeof fields>> = {
  '~standard': {
    ...fields['~standard'],
    validate(value) {
      const result = fields['~standard'].validate(value)
      const { url } = (value ?? {}) as { url?: unknown }
      const isGiven = typeof url === 'string' && !result.issues?.some(({ path }) => path?.[0] === 'url')
      const problem = isGiven ? urlProblem(url) : undefined
      return problem === undefined
        ? result
        : { issues: [...(result.issues ?? []), { path: ['url'], message: problem }] }
    },
  },
}

declare global {
  interface SessStoreConfigs {
    mysql: MysqlConfig
  }
}

/** Parses a URL such as `mysql://app@db/app?ssl-mode=REQUIRED&table=web&ttl=2h`. */
export function parseUrl(text: string): Readonly<Record<string, string>> {
  return parseDatabaseUrl(text, isConnectionParameter)
}

function isPool(value: object): boolean {
  const { getConnection, execute } = value as { getConnection?: unknown; execute?: unknown }
  return typeof getConnection === 'function' && typeof execute === 'function' && !('threadId' in value)
}
