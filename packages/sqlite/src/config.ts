import { SessionError } from '@sess/core'
import {
  boolean,
  choice,
  field,
  identifier,
  instance,
  integer,
  type StoreConfigInput,
  splitUrl,
  storeConfig,
} from '@sess/core/config'

/**
 * A Database of better-sqlite3, described by its own members: its types come in another package, which a user of this one
 * need not install.
 */
export interface SqliteDatabase {
  readonly name: string
  readonly inTransaction: boolean
  prepare(source: string): object
  pragma(source: string): unknown
}

const isDatabase = (value: object) => 'prepare' in value && 'pragma' in value && 'inTransaction' in value

/** Paths that SQLite or its driver would read differently: they cut blanks off, and an empty path is a temporary database. */
const path = () =>
  field<string>('must be the path of a file or :memory:, without white space around it and without NUL', (value) =>
    typeof value === 'string' && value !== '' && value.trim() === value && !value.includes('\0') ? value : undefined,
  )

export const sqliteConfig = storeConfig(
  {
    path: path(),
    database: instance<SqliteDatabase>('a Database of better-sqlite3', isDatabase),
    table: identifier(),
    migrate: boolean(),
    synchronous: choice(['full', 'normal']),
    busyTimeoutMs: integer({ max: 2 ** 31 - 1 }),
  },
  { oneOf: ['path', 'database'], atMostOneOf: ['database', 'synchronous'] },
)

/** The options of a SQLite store, by code or by configuration; one of `path` and `database` is required. */
export type SqliteConfig = StoreConfigInput<typeof sqliteConfig>

declare global {
  interface SessStoreConfigs {
    sqlite: SqliteConfig
  }
}

/**
 * The configuration in a URL: `sqlite:./sessions.db`, `sqlite:///var/lib/app/sessions.db?table=web`, `sqlite::memory:`.
 * @throws `SESS_CONFIG` where it names a host, `TypeError` where it is malformed
 */
export function parseUrl(url: string): Record<string, string> {
  const { url: address, parameters } = splitUrl(url)
  const path = decodeURIComponent(address.replace(/^sqlite:/i, '').replace(/^\/\/(?=\/)/, ''))
  if (path.startsWith('//')) {
    throw new SessionError(
      'SESS_CONFIG',
      'sqlite:// is followed by an absolute path: sqlite:///var/lib/app/sessions.db',
    )
  }
  return { ...parameters, path }
}
