import type { ConnectionOptions } from 'node:tls'
import type pg from 'pg'
import type { CancelTarget } from './cancel.ts'
import type { PostgresJsClient } from './postgres-js.ts'
import type { Target, Tls } from './target.ts'

/** Where a pool of `pg` connects to, as far as the store must know: for statements and for cancel requests. */
export function targetOfPool(pool: pg.Pool, prepare: boolean): Target {
  // A client that never connects has read the connection string and the environment as all others of the pool do.
  const { Client } = pool as unknown as { Client: new (options: object) => pg.Client }
  const { host, port, ssl } = new Client(pool.options) as pg.Client & { ssl?: boolean | ConnectionOptions }
  const unused = { user: '', password: undefined, database: '', parameters: {}, channelBinding: false }
  return { host, port, tls: tlsOf(ssl), prepare, ...unused, keepAliveSeconds: 0 }
}

/** The hosts that a client of postgres.js connects to. */
export function targetsOfClient({ options }: PostgresJsClient): CancelTarget[] {
  const { host, port, path } = options
  const tls = tlsOf(options.ssl as boolean | string | ConnectionOptions)
  if (path) {
    const [, folder = '', number = ''] = /^(.*)\/\.s\.PGSQL\.(\d+)$/.exec(String(path)) ?? []
    return [{ host: folder, port: Number(number), tls: null }]
  }
  return host.map((name, index) => ({ host: name, port: Number(port[index]), tls }))
}

/** What either driver means by its option `ssl`. */
function tlsOf(ssl: boolean | string | ConnectionOptions | undefined | null): Tls | null {
  if (!ssl) return null
  if (typeof ssl === 'object') return { options: ssl, isOptional: false, isDirect: false }
  const isUnchecked = ssl === 'require' || ssl === 'allow' || ssl === 'prefer'
  return { options: { rejectUnauthorized: !isUnchecked }, isOptional: ssl === 'prefer', isDirect: false }
}
