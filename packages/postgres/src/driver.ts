import { runAsync, type SqlDriver, type SqlWork } from '@sess/sql'
import type { Channel } from './channel.ts'
import { command, select } from './connection.ts'
import { faultOf, toSessionError } from './errors.ts'

/** The SQL port on PostgreSQL, whichever client carries the statements. */
export class PostgresDriver implements SqlDriver {
  readonly #channel: Channel
  readonly fault = faultOf
  readonly toSessionError = toSessionError

  constructor(channel: Channel) {
    this.#channel = channel
  }

  open(): void {}

  run<T>(work: () => SqlWork<T>): Promise<T> {
    return runAsync(work(), this.#channel.execute)
  }

  transaction<T>(work: () => SqlWork<T>): Promise<T> {
    return this.#channel.transaction((execute) => runAsync(work(), execute))
  }

  exclusive<T>(work: () => SqlWork<T>): Promise<T> {
    return this.transaction(function* () {
      // Keeps the notice "relation exists, skipping" off the console of whoever handed the client in.
      yield command('set local client_min_messages = warning')
      yield lockMigration
      return yield* work()
    })
  }

  async ping(): Promise<void> {
    await this.#channel.execute(select('select 1'))
  }

  close(): Promise<void> {
    return this.#channel.close()
  }
}

/** The advisory lock of migrations. Its first number is "sess" in ASCII. */
const lockMigration = select('select pg_catalog.pg_advisory_xact_lock(1936024435, 1)')
