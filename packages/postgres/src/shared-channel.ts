import { Timeouts, type Waiting } from '@sess/core'
import type { SqlCall, SqlResult } from '@sess/sql'
import type { Canceller, CancelTarget } from './cancel.ts'
import type { Channel, Execute } from './channel.ts'
import { isRead, sqlResult } from './connection.ts'
import { isFatal, isLost, noAnswer } from './errors.ts'
import { Fence } from './fence.ts'
import { type Answer, keyOf, type PostgresJsClient, type Query, queryOf } from './postgres-js.ts'
import { targetsOfClient } from './target-of-client.ts'

export interface SharedChannelOptions {
  readonly client: PostgresJsClient
  readonly prepare: boolean
  readonly timeoutMs: number
  readonly canceller: Canceller
  /** Makes a channel of one connection of its own with the client's settings, for a migration. */
  readonly own: (asking: { ask: Execute; fence: Fence }) => Channel
}

/**
 * Sends statements over a postgres.js client that was handed in. The client sends them on any connection of its pool, behind
 * statements of the application. So the guarantees here are those that a single statement can have.
 */
export class SharedChannel implements Channel {
  readonly #options: SharedChannelOptions
  readonly #targets: readonly CancelTarget[]
  readonly #timeouts: Timeouts
  readonly #isPlain: boolean
  readonly #fence: Fence

  constructor(options: SharedChannelOptions) {
    this.#options = options
    this.#targets = targetsOfClient(options.client)
    this.#timeouts = new Timeouts(options.timeoutMs)
    this.#isPlain = isPlain(options.client)
    this.#fence = new Fence(this.execute)
  }

  readonly execute: Execute = async (call) => {
    for (let triesLeft = isRead(call) ? readTries : 1; ; ) {
      try {
        return await this.#once(call)
      } catch (error) {
        triesLeft -= 1
        if (triesLeft === 0 || !(isLost(error) || isFatal(error))) throw error
      }
    }
  }

  async transaction<T>(work: (execute: Execute) => Promise<T>): Promise<T> {
    const channel = this.#options.own({ ask: this.execute, fence: this.#fence })
    try {
      return await channel.transaction(work)
    } finally {
      await channel.close()
    }
  }

  async close(): Promise<void> {}

  #once(call: SqlCall): Promise<SqlResult> {
    const { client, prepare, timeoutMs, canceller } = this.#options
    return new Promise((resolve, reject) => {
      const query = queryOf(client, call, prepare)
      let waitsLeft = waits
      let isWaiting = true
      const finish = (): void => {
        if (isWaiting) this.#timeouts.leave(waiting)
        isWaiting = false
      }
      const expire = () => {
        waitsLeft -= 1
        const isUnsent = query.state === null
        if (isUnsent) empty(query)
        if (isUnsent || waitsLeft === 0) {
          isWaiting = false
          return reject(noAnswer(timeoutMs))
        }
        this.#timeouts.enter(waiting)
        void canceller.cancel(this.#targets, () => (isWaiting && query.active ? keyOf(query) : null))
      }
      const waiting: Waiting = { since: 0, earlier: null, later: null, expire }
      this.#timeouts.enter(waiting)
      const onAnswer = (answer: Answer) => {
        finish()
        try {
          resolve(this.#isPlain ? sqlResult(answer, answer.count) : sqlResult(answer.map(texts), answer.count))
        } catch (error) {
          reject(error)
        }
      }
      const onError = (error: unknown) => {
        finish()
        reject(error)
      }
      ;(this.#isPlain ? query.values() : query.raw()).then(onAnswer, onError)
    })
  }
}

/** How often a read is asked whose connection died before it answered. */
const readTries = 4

/** How many times `timeoutMs` a sent statement is waited for. After the first it is cancelled. */
const waits = 4

/** Makes a statement that postgres.js has yet to send do nothing. */
function empty(query: Query): void {
  query.strings = ['select 1']
  query.args = []
}

/** The types of our columns: bigint, text, and the catalog's name. */
const columnTypes = [20, 25, 19]

/** Whether the client returns rows as the server sent them. Otherwise the store asks for the raw bytes. */
function isPlain({ options }: PostgresJsClient): boolean {
  return options.transform.value.from === undefined && columnTypes.every((type) => options.parsers[type] === undefined)
}

function texts(row: readonly unknown[]): readonly unknown[] {
  return row.map((value) => (value === null ? null : (value as Buffer).toString('utf8')))
}
