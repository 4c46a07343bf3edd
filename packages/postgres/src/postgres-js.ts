import { Socket } from 'node:net'
import type { SqlCall, SqlResult } from '@sess/sql'
import type postgres from 'postgres'
import { type CancelKey, type Connect, type Connection, sqlResult } from './connection.ts'
import { connectionClosed } from './errors.ts'
import { socketPath, type Target } from './target.ts'

export type PostgresJs = typeof postgres
export type PostgresJsClient = Pick<postgres.Sql, 'unsafe' | 'typed' | 'end' | 'options'>

/** A statement of postgres.js, with what its types do not tell. */
export interface Query extends PromiseLike<Answer> {
  /** The connection that it was sent on; null until then. */
  readonly state: { readonly pid: number | null; readonly secret: number | null } | null
  /** Whether it is the one that this connection carries out now. */
  readonly active: boolean
  strings: readonly string[]
  args: readonly unknown[]
  values(): Query
  raw(): Query
}

export type Answer = readonly (readonly unknown[])[] & { readonly count: number | null }

/** PostgreSQL finds the type of such a parameter itself, and no serializer of the client's owner is called for it. */
const unknownType = 705

export function queryOf(client: PostgresJsClient, { statement, values }: SqlCall, prepare: boolean): Query {
  const parameters = values.map((value) => client.typed(value as string | number | null, unknownType))
  return client.unsafe(statement.text, parameters, { prepare }) as unknown as Query
}

/** Connections of postgres.js: each is a client with a single one, which is never connected a second time. */
export function connectWithPostgresJs(postgres: PostgresJs): Connect {
  return (target, whenClosed) => {
    const options = optionsFor(target)
    return opening(new PostgresJsConnection(postgres, options, target, connector(target), whenClosed))
  }
}

/** Connections with the settings of a client that was handed in, but none of what changes what is sent and what comes. */
export function connectLike(postgres: PostgresJs, given: PostgresJsClient): Connect {
  return (target, whenClosed) => {
    const { transform, socket } = given.options as typeof given.options & { socket?: () => Socket | Promise<Socket> }
    const options = {
      ...given.options,
      max: 1,
      host: [target.host],
      port: [target.port],
      transform: { ...transform, row: {}, value: {}, column: {} },
      parsers: {},
      shared: { retries: 0, typeArrayMap: {} },
    }
    const connect = socket === undefined ? connector(target) : () => socket.call(options)
    return opening(new PostgresJsConnection(postgres, options, target, connect, whenClosed))
  }
}

/** The first statement makes postgres.js connect. */
function opening(connection: PostgresJsConnection): ReturnType<Connect> {
  return { connection, opened: Promise.resolve() }
}

class PostgresJsConnection implements Connection {
  readonly target: Target
  readonly #client: postgres.Sql
  readonly #whenClosed: () => void
  #socket: Socket | null = null
  #isClosed = false
  #key: CancelKey | null = null
  /** Rejects the statement under way. */
  #fail: ((error: Error) => void) | null = null

  constructor(
    postgres: PostgresJs,
    options: object,
    target: Target,
    connect: () => Socket | Promise<Socket>,
    whenClosed: () => void,
  ) {
    this.target = target
    this.#whenClosed = whenClosed
    this.#client = postgres({
      ...options,
      ...oneConnection,
      onclose: () => this.#closed(),
      socket: async () => {
        if (this.#isClosed || this.#socket !== null) throw connectionClosed()
        const socket = await connect()
        this.#socket = socket
        if (this.#isClosed) socket.destroy()
        return socket
      },
    } as unknown as postgres.Options<Record<never, never>>)
  }

  get cancelKey(): CancelKey | null {
    return this.#key
  }

  execute(call: SqlCall): Promise<SqlResult> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(connectionClosed())
      this.#fail = reject
      const query = queryOf(this.#client, call, this.target.prepare)
      query.values().then(
        (rows) => {
          this.#fail = null
          if (this.#key === null) this.#key = keyOf(query)
          try {
            resolve(sqlResult(rows, rows.count))
          } catch (error) {
            reject(error)
          }
        },
        (error) => {
          this.#fail = null
          reject(error)
        },
      )
    })
  }

  end(): void {
    this.#client.end().catch(() => {})
  }

  destroy(): void {
    this.#socket?.destroy()
    this.#closed()
  }

  #closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#fail?.(connectionClosed())
    this.#fail = null
    this.#whenClosed()
  }
}

export function keyOf({ state }: Query): CancelKey | null {
  return state?.pid == null || state.secret == null ? null : { pid: state.pid, secret: state.secret }
}

const oneConnection = {
  max: 1,
  connect_timeout: 0,
  idle_timeout: 0,
  max_lifetime: 0,
  fetch_types: false,
  target_session_attrs: undefined,
  no_subscribe: true,
  onnotice() {},
  onnotify: undefined,
  onparameter: undefined,
  debug: false,
}

function optionsFor(target: Target): object {
  const { host, port, user, password, database, tls, parameters, keepAliveSeconds } = target
  return {
    host: [host],
    port: [port],
    ...(socketPath(target) !== null && { path: socketPath(target) }),
    user,
    pass: password ?? '',
    database,
    ssl: tls === null ? false : tls.isOptional ? 'prefer' : tls.options,
    sslnegotiation: tls?.isDirect ? 'direct' : null,
    prepare: target.prepare,
    keep_alive: keepAliveSeconds,
    connection: parameters,
  }
}

function connector(target: Target): () => Socket {
  const path = socketPath(target)
  const { host, port } = target
  return () => {
    const socket = new Socket()
    // postgres.js reads the name from here that a certificate must have.
    return path === null ? Object.assign(socket, { host }).connect({ host, port }) : socket.connect(path)
  }
}
