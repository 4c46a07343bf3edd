import { Timeouts, withinTime } from '@sess/core'
import type { Connection, ConnectionOptions } from 'mysql2'
import { withFiles } from './connection-url.ts'
import { silent } from './errors.ts'
import { sendQuery } from './execute.ts'
import { Killer } from './killer.ts'
import { type ConnectionSource, connected, cutOff, type Used } from './pool.ts'
import { type Introduction, introduce, ownSettings, serverSettings } from './server-thread.ts'
import type { TimeLimit } from './time-limit.ts'

export interface OwnPoolOptions {
  readonly connection: ConnectionOptions
  /** The most connections. One more ends statements that were not answered in time. */
  readonly max: number
  readonly timeoutMs: number
}

interface Waiter {
  /** How many connections had been begun when it came. The failure of an earlier one does not reject it. */
  readonly after: number
  readonly resolve: (used: Used) => void
  readonly reject: (error: unknown) => void
}

/**
 * The store's own connections. A connection keeps its place until it has ended at the server. A pool of mysql2 does not wait for
 * that: it opens another connection as soon as one is given up.
 */
export class OwnPool implements ConnectionSource {
  readonly max: number
  readonly isOwn = true
  readonly killer: Killer
  readonly #options: OwnPoolOptions
  readonly #timeouts: Timeouts
  /** Every connection that has a place, in use or not. */
  readonly #all = new Set<Used>()
  readonly #idle: Used[] = []
  readonly #waiting = new Set<Waiter>()
  #opening = 0
  #begun = 0
  #known: Introduction | undefined
  #isEnding = false
  #onIdle: () => void = () => {}

  constructor(options: OwnPoolOptions) {
    this.#options = options
    this.max = options.max
    this.#timeouts = new Timeouts(options.timeoutMs)
    const connect = async () => {
      const { connection, introduction } = await this.#connect()
      return { connection, server: introduction.thread.server }
    }
    this.killer = new Killer({ connect, timeoutMs: options.timeoutMs })
  }

  acquire(limit: TimeLimit): Promise<Used> {
    if (this.#isEnding) return Promise.reject(closed())
    const used = this.#idle.pop()
    if (used !== undefined) return Promise.resolve(used)
    return new Promise((resolve, reject) => {
      const waiter = { after: this.#begun, resolve, reject }
      this.#waiting.add(waiter)
      const onLate = () => {
        this.#waiting.delete(waiter)
        reject(limit.error())
      }
      limit.step = { onLate }
      this.#open()
    })
  }

  release(used: Used): void {
    if (!this.#all.has(used)) return
    const [waiter] = this.#waiting
    if (isClosed(used.connection)) this.drop(used)
    else if (waiter === undefined) this.#idle.push(used)
    else this.#answer(waiter).resolve(used)
    this.#onIdle()
  }

  drop(used: Used): void {
    cutOff(used.connection)
    if (!this.#all.delete(used)) return
    const at = this.#idle.indexOf(used)
    if (at >= 0) this.#idle.splice(at, 1)
    this.#open()
    this.#onIdle()
  }

  refresh(): void {
    for (const used of this.#idle.splice(0)) this.drop(used)
  }

  async end(): Promise<void> {
    this.#isEnding = true
    for (const waiter of this.#waiting) this.#answer(waiter).reject(closed())
    // Late statements are being ended already. A server that has stopped answering does not say goodbye.
    await withinTime(this.#timeouts, this.#allEnded(), () => new Error('late')).catch(() => {})
    for (const used of this.#all) this.drop(used)
    this.killer.stop()
  }

  async #allEnded(): Promise<void> {
    while (this.#all.size > 0 || this.#opening > 0) {
      for (const used of this.#idle.splice(0)) {
        used.connection.once('end', () => this.drop(used))
        used.connection.end()
      }
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
  }

  /** Opens a connection for each waiter, as long as there are places. */
  #open(): void {
    while (this.#opening < this.#waiting.size && this.#all.size + this.#opening < this.max) {
      this.#opening += 1
      this.#begun += 1
      const begun = this.#begun
      this.#connect().then(
        (used) => {
          this.#opening -= 1
          this.#all.add(used)
          this.release(used)
        },
        (error) => {
          this.#opening -= 1
          // A waiter that came after this attempt began is not rejected: the failure may be over.
          const waiter = [...this.#waiting].find(({ after }) => after < begun)
          if (waiter !== undefined) this.#answer(waiter).reject(error)
          this.#open()
          this.#onIdle()
        },
      )
    }
  }

  #answer(waiter: Waiter): Waiter {
    this.#waiting.delete(waiter)
    return waiter
  }

  /** A connection that is set up. */
  async #connect(): Promise<Used> {
    const { createConnection } = await import('mysql2')
    const { connection: options, timeoutMs } = this.#options
    // The time-out below comes before this one: it covers all steps before the first use.
    const connection = createConnection({ ...withFiles(options), connectTimeout: 2 * timeoutMs })
    try {
      const introduction = await withinTime(this.#timeouts, this.#setUp(connection), silent)
      const used = { connection, introduction }
      // A connection may end at any time. Without a listener that would end the process.
      connection.on('error', () => this.#ended(used))
      connection.on('end', () => this.#ended(used))
      return used
    } catch (error) {
      cutOff(connection)
      throw error
    }
  }

  async #setUp(connection: Connection): Promise<Introduction> {
    await connected(connection)
    await sendQuery(connection, ownSettings)
    const introduction = await introduce(connection, this.#known)
    await sendQuery(connection, serverSettings(introduction, this.#options.timeoutMs))
    this.#known = introduction
    return introduction
  }

  /** Drops an idle connection that ended. The user of a connection gives it back or drops it. */
  #ended(used: Used): void {
    if (this.#idle.includes(used)) this.drop(used)
  }
}

function isClosed(connection: Connection): boolean {
  const { _closing, stream } = connection as unknown as { _closing?: boolean; stream?: { destroyed?: boolean } }
  return _closing === true || stream?.destroyed === true
}

function closed(): Error {
  return new Error('Pool is closed.')
}
