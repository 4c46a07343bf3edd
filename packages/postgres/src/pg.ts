import { createHash } from 'node:crypto'
import type { SqlCall, SqlResult } from '@sess/sql'
import type pg from 'pg'
import { type CancelKey, type Connect, type Connection, sqlResult } from './connection.ts'
import type { Target } from './target.ts'

/** What the store needs of a pool of `pg`. */
export interface PgPool {
  readonly connect: (...args: never[]) => unknown
  readonly query: (...args: never[]) => unknown
  readonly totalCount: number
  readonly options: object
}

export type Pg = Pick<typeof pg, 'Client'>

/** A client of pg, with what its types do not tell. */
export type PgClient = pg.Client & {
  readonly processID: number | null
  readonly secretKey: number | null
  binary: boolean
  readonly connection: { readonly stream: { destroy(): void } }
}

/** Connections of pg. */
export function connectWithPg({ Client }: Pg): Connect {
  return (target, whenClosed) => {
    const client = new Client(configFor(target)) as PgClient
    client.on('end', whenClosed)
    const connection = new PgConnection(client, target)
    connection.watch()
    // With a callback pg creates no promise and no extra error.
    const opened = new Promise<void>((resolve, reject) =>
      client.connect((error?: Error | null) => (error ? reject(error) : resolve())),
    )
    return { connection, opened }
  }
}

export class PgConnection implements Connection {
  readonly target: Target
  readonly client: PgClient

  constructor(client: PgClient, target: Target) {
    this.client = client
    this.target = target
  }

  /** An error of the connection rejects the statement under way, or the next one. */
  watch(): void {
    this.client.on('error', ignore)
  }

  /** Restores a client that belongs to somebody else. */
  leave(): void {
    this.client.off('error', ignore)
  }

  get cancelKey(): CancelKey | null {
    const { processID, secretKey } = this.client
    return processID === null || secretKey === null ? null : { pid: processID, secret: secretKey }
  }

  execute({ statement, values }: SqlCall): Promise<SqlResult> {
    return new Promise((resolve, reject) => {
      const query = {
        text: statement.text,
        values: values as unknown[],
        rowMode: 'array' as const,
        types: asSent,
        ...(this.target.prepare && values.length > 0 && { name: nameOf(statement.text) }),
      }
      const onAnswer = (error: Error | null, result?: pg.QueryArrayResult) => {
        if (error) return reject(error)
        try {
          resolve(sqlResult(result?.rows ?? [], result?.rowCount ?? null))
        } catch (thrown) {
          reject(thrown)
        }
      }
      // The application may have set `pg.defaults.binary`. With rows as arrays, pg would read binary values as UTF-8.
      const { client } = this
      const { binary } = client
      client.binary = false
      void client.query(query, onAnswer)
      client.binary = binary
    })
  }

  end(): void {
    this.client.end(() => {})
  }

  destroy(): void {
    this.client.connection.stream.destroy()
  }
}

function ignore(): void {}

/** Returns values as the server writes them, whatever parsers the application has given to pg. */
const asSent = { getTypeParser: () => (value: unknown) => value } as pg.CustomTypesConfig

/** The names of prepared statements. A client keeps them as long as it lives, whichever store prepared them. */
const names = new Map<string, string>()

function nameOf(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `sess_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
    names.set(text, name)
  }
  return name
}

function configFor(target: Target): pg.ClientConfig {
  const { host, port, user, password, database, tls, keepAliveSeconds } = target
  const { statement_timeout, lock_timeout, idle_in_transaction_session_timeout, application_name, options } =
    target.parameters
  return {
    host,
    port,
    user,
    password,
    database,
    ssl: tls === null ? false : tls.options,
    ...(tls?.isDirect && { sslnegotiation: 'direct' }),
    keepAlive: keepAliveSeconds > 0,
    keepAliveInitialDelayMillis: keepAliveSeconds * 1000,
    enableChannelBinding: target.channelBinding,
    application_name,
    options,
    ...numbers({ statement_timeout, lock_timeout, idle_in_transaction_session_timeout }),
  } as pg.ClientConfig
}

function numbers(texts: Readonly<Record<string, string | undefined>>): Record<string, number> {
  const given = Object.entries(texts).filter(([, text]) => text !== undefined)
  return Object.fromEntries(given.map(([name, text]) => [name, Number(text)]))
}
