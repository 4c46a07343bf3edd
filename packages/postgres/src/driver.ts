import { SessionError } from '@sess/core'
import { runAsync, type SqlCall, type SqlDriver, type SqlResult, type SqlWork } from '@sess/core/sql'
import { type ClientSource, derived, type PostgresClient } from './client.ts'
import { faultOf, toSessionError } from './errors.ts'

export interface PostgresDriverOptions {
  readonly source: ClientSource
  /** Whether statements are prepared, where the client does so at all. */
  readonly prepare: boolean
  /** The most milliseconds that the answer to a statement is waited for. */
  readonly timeoutMs: number
}

/** The SQL port on postgres.js, which sends on any connection of its pool and pipelines. */
export class PostgresDriver implements SqlDriver {
  readonly #source: ClientSource
  readonly #prepare: boolean
  readonly #timeoutMs: number
  #answeredAt = 0
  readonly fault = faultOf
  readonly toSessionError = toSessionError

  constructor({ source, prepare, timeoutMs }: PostgresDriverOptions) {
    this.#source = source
    this.#prepare = prepare
    this.#timeoutMs = timeoutMs
  }

  open(): void {}

  run<T>(work: () => SqlWork<T>): Promise<T> {
    return runAsync(work(), (call) => this.#executeInTime(call))
  }

  /**
   * On a connection of its own: where one is lost, `sql.begin` of postgres.js throws outside of any promise, which ends
   * the process. Only migrations use it, so it may cost a connection, and has no time limit.
   */
  async transaction<T>(work: () => SqlWork<T>): Promise<T> {
    const client = derived(this.#source.client, { max: 1 })
    const execute = (call: SqlCall) => this.#execute(client, call)
    try {
      await execute(command('begin isolation level read committed read write'))
      const result = await runAsync(work(), execute)
      await execute(command('commit'))
      return result
    } finally {
      // The server rolls back what was not committed.
      await client.end({ timeout: 1 })
    }
  }

  exclusive<T>(work: () => SqlWork<T>): Promise<T> {
    return this.transaction(function* () {
      // "relation exists, skipping" is not for the console of whoever handed the client in.
      yield command('set local client_min_messages = warning')
      yield lockMigration
      return yield* work()
    })
  }

  async ping(): Promise<void> {
    await this.#executeInTime(select('select 1'))
  }

  close(): Promise<void> {
    return this.#source.end()
  }

  /** A statement without an answer in time is given up; and all connections with it, where none had an answer since. */
  #executeInTime(call: SqlCall): Promise<SqlResult> {
    const { client } = this.#source
    const sentAt = performance.now()
    return new Promise((resolve, reject) => {
      const onTime = () => {
        if (this.#answeredAt < sentAt) this.#source.giveUp(client)
        reject(new SessionError('SESS_TIMEOUT', `PostgreSQL did not answer within timeoutMs = ${this.#timeoutMs}`))
      }
      const timer = setTimeout(onTime, this.#timeoutMs).unref()
      this.#execute(client, call).then(
        (result) => {
          clearTimeout(timer)
          this.#answeredAt = performance.now()
          resolve(result)
        },
        (error) => {
          clearTimeout(timer)
          reject(error)
        },
      )
    })
  }

  async #execute(client: PostgresClient, { statement, values }: SqlCall): Promise<SqlResult> {
    const parameters = values.map((value) => client.typed(value as string | number | null, unknownType))
    const query = client.unsafe(statement.text, parameters, { prepare: this.#prepare })
    if (isPlain(client)) {
      const rows = (await query.values()) as unknown as Answer
      return { rows, affected: rows.count ?? 0 }
    }
    const rows = (await query.raw()) as unknown as Answer
    return { rows: rows.map((row) => row.map(textOf)), affected: rows.count ?? 0 }
  }
}

type Answer = readonly (readonly unknown[])[] & { readonly count: number | null }

/** PostgreSQL finds the type of such a parameter itself, and no serializer of the client's owner is called for it. */
const unknownType = 705

/** The types of our columns: bigint, text, and the catalog's name. */
const columnTypes = [20, 25, 19]

/** Whether the rows of this client come as the server sent them; otherwise its bytes are asked for. */
function isPlain({ options }: PostgresClient): boolean {
  return options.transform.value.from === undefined && columnTypes.every((type) => options.parsers[type] === undefined)
}

function textOf(value: unknown): string | null {
  return value === null ? null : (value as Buffer).toString('utf8')
}

/** A number of our own among the advisory locks of a database: "sess" in ASCII, and the first of its kind. */
const lockMigration = select('select pg_catalog.pg_advisory_xact_lock(1936024435, 1)')

function command(text: string): SqlCall {
  return { statement: { text, parameters: [], returnsRows: false }, values: [] }
}

function select(text: string): SqlCall {
  return { statement: { text, parameters: [], returnsRows: true }, values: [] }
}
