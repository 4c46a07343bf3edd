import { Socket } from 'node:net'
import postgres from 'postgres'

/** What the store needs of a client of postgres.js, whatever types the client was given. */
export type PostgresClient = Pick<postgres.Sql, 'unsafe' | 'typed' | 'end' | 'options'>

/** Where the driver gets its client. */
export interface ClientSource {
  readonly client: PostgresClient
  /** Called when this client's server has answered nothing for `timeoutMs`. */
  giveUp(client: PostgresClient): void
  /** Releases what the source opened. */
  end(): Promise<void>
}

export interface OwnClientOptions {
  readonly url: string
  /** The most connections. */
  readonly max: number
  /** Left out: what the URL says, true where it says nothing. */
  readonly prepare: boolean | undefined
  readonly timeoutMs: number
}

/**
 * A client of the store's own. Where its server has stopped answering, its connections are dropped and new ones are made:
 * a network that swallows everything would else be noticed only after a quarter of an hour.
 */
export class OwnClient implements ClientSource {
  readonly #options: OwnClientOptions
  #opened: { readonly client: postgres.Sql; readonly sockets: Set<Socket> } | null = null

  constructor(options: OwnClientOptions) {
    this.#options = options
  }

  get client(): PostgresClient {
    this.#opened ??= open(this.#options)
    return this.#opened.client
  }

  giveUp(client: PostgresClient): void {
    if (this.#opened?.client === client) void this.#end(0)
  }

  end(): Promise<void> {
    return this.#end(this.#options.timeoutMs)
  }

  async #end(limitMs: number): Promise<void> {
    const opened = this.#opened
    this.#opened = null
    if (opened === null) return
    await opened.client.end({ timeout: limitMs / 1000 })
    for (const socket of opened.sockets) socket.destroy()
  }
}

/** A client that was handed in. It stays open, and is left alone when its server does not answer. */
export function sharedClient(given: PostgresClient): ClientSource {
  if (given.options.transform.row.from === undefined) {
    return { client: given, giveUp() {}, end: () => Promise.resolve() }
  }
  // Such a function changes every row before we see it: connections without one are made, otherwise the same.
  const transform: postgres.Transform = { ...given.options.transform, row: { from: undefined, to: undefined } }
  const client = derived(given, { transform })
  return { client, giveUp() {}, end: () => client.end({ timeout: 1 }) }
}

/** Another client with the connection and settings of this one: `sql.listen` of postgres.js makes its own so. */
export function derived(client: PostgresClient, changes: Partial<postgres.ParsedOptions>): postgres.Sql {
  const silenced = { fetch_types: false, onnotice() {}, onclose() {} }
  return postgres({ ...client.options, ...silenced, ...changes } as unknown as postgres.Options<Record<never, never>>)
}

function open({ url, max, prepare, timeoutMs }: OwnClientOptions): { client: postgres.Sql; sockets: Set<Socket> } {
  const sockets = new Set<Socket>()
  const options = {
    max,
    ...(prepare !== undefined && { prepare }),
    connect_timeout: timeoutMs / 1000,
    backoff: (failures: number) => Math.min(0.02 * 2 ** failures, 0.5),
    fetch_types: false,
    connection: { application_name: 'sess' },
    onnotice() {},
    socket: connectInto(sockets),
  }
  return { client: postgres(url, options), sockets }
}

/** Connects as postgres.js does, one host after another, and keeps hold of the sockets. */
function connectInto(sockets: Set<Socket>) {
  let attempts = 0
  return ({ host, port, path }: { host: string[]; port: number[]; path: string | false }): Socket => {
    for (const socket of sockets) if (socket.destroyed) sockets.delete(socket)
    const socket = new Socket()
    sockets.add(socket)
    if (path) return socket.connect(path)
    const at = attempts++ % host.length
    const address = { host: host[at] as string, port: port[at] as number }
    // It reads the name from here that a certificate must have.
    return Object.assign(socket, address).connect(address)
  }
}
