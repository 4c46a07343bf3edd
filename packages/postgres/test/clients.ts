import type { JsonObject, SessionStore } from '@sess/core'
import type { PostgresConfig } from '@sess/postgres'
import pg from 'pg'
import postgres from 'postgres'
import type { Libraries } from '../src/libraries.ts'
import { connectWithPg, type Pg } from '../src/pg.ts'
import { connectWithPostgresJs, type PostgresJs } from '../src/postgres-js.ts'
import { storeWith } from '../src/store.ts'

/** Both drivers, in one version. */
export interface Drivers {
  readonly postgres: PostgresJs
  readonly pg: Pg & { Pool: typeof pg.Pool }
}

export const newest: Drivers = { postgres, pg }

/** One way in which a store comes to its connections. */
export interface ClientKind {
  readonly name: string
  /** Whether the connections are the store's own. */
  readonly isOwn: boolean
  /** A store on a server, and how its client is ended afterwards, where somebody else brought that. */
  open<Data extends JsonObject>(
    url: string,
    config: PostgresConfig,
  ): { store: SessionStore<Data>; endClient(): Promise<void> }
}

/** The four ways: by URL with either driver, with a client of postgres.js, with a pool of pg. */
export function clientKinds({ postgres, pg }: Drivers): ClientKind[] {
  const libraries = (connect: Libraries['connect']): Libraries => ({ connect, postgresJs: async () => postgres })
  const withPostgresJs = libraries(async () => connectWithPostgresJs(postgres))
  const withPg = libraries(async () => connectWithPg(pg))
  const own = (libraries: Libraries): Pick<ClientKind, 'isOwn' | 'open'> => ({
    isOwn: true,
    open: (url, config) => ({ store: storeWith(libraries, { ...config, url }), endClient: async () => {} }),
  })
  return [
    { name: 'a URL, with postgres.js', ...own(withPostgresJs) },
    { name: 'a URL, with pg', ...own(withPg) },
    {
      name: 'a client of postgres.js',
      isOwn: false,
      open(url, { max = 10, ...config }) {
        const sql = postgres(url, { max: Number(max), onnotice() {}, backoff: () => 0.05 })
        return { store: storeWith(withPostgresJs, { ...config, sql }), endClient: () => sql.end({ timeout: 1 }) }
      },
    },
    {
      name: 'a pool of pg',
      isOwn: false,
      open(url, { max = 10, ...config }) {
        const pool = new pg.Pool({ connectionString: url, max: Number(max) })
        return { store: storeWith(withPostgresJs, { ...config, pool }), endClient: () => pool.end() }
      },
    },
  ]
}

/** A client of postgres.js whose options change whatever its owner sends and gets, as an application's may. */
export function strangeClient(url: string, options: postgres.Options<Record<never, never>> = {}, driver = postgres) {
  return driver(url, {
    max: 5,
    transform: {
      ...postgres.camel,
      undefined: null,
      value: { from: (value) => (typeof value === 'string' ? `<${value}>` : value) },
    },
    types: {
      bigint: postgres.BigInt,
      text: { to: 25, from: [25], serialize: (text: string) => `[${text}]`, parse: (text: string) => text.length },
    },
    connection: { search_path: 'nowhere', TimeZone: 'Pacific/Kiritimati' },
    debug: () => {},
    onnotice: (notice) => {
      throw new Error(`a notice for the application: ${notice.message}`)
    },
    ...options,
  })
}

/** A pool of pg whose settings change whatever its owner sends and gets. */
export function strangePool(url: string, options: pg.PoolConfig = {}, driver: Drivers['pg'] = pg): pg.Pool {
  return new driver.Pool({
    connectionString: url,
    max: 5,
    binary: true,
    types: { getTypeParser: () => () => 'the application reads everything as this' },
    options: '-c search_path=nowhere -c TimeZone=Pacific/Kiritimati -c extra_float_digits=-15',
    ...options,
  } as pg.PoolConfig)
}
