import { Timeouts, withinTime } from '@sess/core'
import type { Connection } from 'mysql2'
import { faultOf } from './errors.ts'
import { sendQuery } from './execute.ts'
import { type ServerThread, threadsAt } from './server-thread.ts'

export interface KillerOptions {
  /** Opens a further connection to the same server, and tells which server it is. */
  readonly connect: () => Promise<Line>
  readonly timeoutMs: number
}

interface Line {
  readonly connection: Connection
  readonly server: string
}

/** A connection whose statement must be ended at the server. */
export interface Doomed {
  readonly thread: ServerThread
  /** Called once, when the connection has ended at the server: its statement took effect or never will. */
  readonly onGone: () => void
  /** Called when the statement does not end, or the server cannot be asked: the client drops its connection. */
  readonly onHopeless: () => void
}

interface Kill extends Doomed {
  rounds: number
  /** When the server's own limits have ended the statement for sure, in ms of `performance.now`. It counts if the server cannot be asked. */
  readonly endsBy: number
  /** The KILL under way. It resolves with true if it was answered, with false if its connection broke and it may still arrive. */
  sent: Promise<boolean>
}

/** A connection gets KILL QUERY this often, then KILL. */
const queryRounds = 2

/**
 * Ends statements that were not answered in time, over a connection of its own that it keeps as long as there is one to end. It
 * asks the server until the end is known: a timed-out write must not take effect after a later one.
 */
export class Killer {
  readonly #options: KillerOptions
  readonly #timeouts: Timeouts
  readonly #intervalMs: number
  readonly #kills = new Set<Kill>()
  #isRunning = false
  #isStopped = false
  #line: Line | null = null
  #onHangUp: () => void = () => {}
  #wake: () => void = () => {}

  constructor(options: KillerOptions) {
    this.#options = options
    this.#timeouts = new Timeouts(options.timeoutMs)
    this.#intervalMs = Math.min(Math.max(options.timeoutMs / 8, 20), 250)
  }

  /**
   * Returns a function to call if the connection answers by itself. Its promise resolves with true if no KILL can hit the
   * connection's next statement, and with false if one may.
   */
  end(doomed: Doomed): () => Promise<boolean> {
    const endsBy = performance.now() + 2 * this.#options.timeoutMs + 2_000
    const kill: Kill = { ...doomed, rounds: 0, endsBy, sent: Promise.resolve(true) }
    this.#kills.add(kill)
    if (!this.#isRunning && !this.#isStopped) void this.#run()
    return () => {
      this.#kills.delete(kill)
      return kill.sent
    }
  }

  /** Gives up. */
  stop(): void {
    this.#isStopped = true
    this.#kills.clear()
    this.#hangUp()
    this.#wake()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#kills.size > 0 && !this.#isStopped) {
      try {
        await withinTime(this.#timeouts, this.#round(), () => new Error('the server is silent'))
      } catch (error) {
        this.#hangUp()
        // A server with no free connection can be reached, and its own limits end the statements that wait.
        if (faultOf(error) !== 'exhausted') for (const { onHopeless } of this.#kills) onHopeless()
      }
      if (this.#kills.size > 0) await this.#pause()
    }
    this.#line?.connection.end()
    this.#line = null
    this.#isRunning = false
  }

  async #round(): Promise<void> {
    const line = this.#line ?? (await this.#call())
    const here = [...this.#kills].filter(({ thread }) => thread.server === line.server && thread.host !== null)
    const ids = here.map(({ thread }) => thread.id)
    const threads = await threadsAt(line.connection, ids)
    for (const kill of this.#kills) {
      const { id, host } = kill.thread
      if (!here.includes(kill)) this.#elsewhere(kill)
      else if (threads.get(id) !== host) this.#gone(kill)
      else await this.#kill(line, kill)
    }
  }

  async #kill({ connection }: Line, kill: Kill): Promise<void> {
    kill.rounds += 1
    const isHopeless = kill.rounds > queryRounds
    if (isHopeless) kill.onHopeless()
    const { promise, resolve } = Promise.withResolvers<boolean>()
    kill.sent = promise
    this.#onHangUp = () => resolve(false)
    try {
      await sendQuery(connection, `kill ${isHopeless ? '' : 'query '}${kill.thread.id}`)
    } catch (error) {
      // The thread may have gone meanwhile. The next round sees what is left.
      if ((error as { fatal?: unknown }).fatal === true) throw error
    } finally {
      resolve(true)
    }
  }

  /** Another server answers at the address now. Only the old server's own limits can end its statements. */
  #elsewhere(kill: Kill): void {
    kill.onHopeless()
    if (performance.now() > kill.endsBy) this.#gone(kill)
  }

  #gone(kill: Kill): void {
    this.#kills.delete(kill)
    kill.onGone()
  }

  async #call(): Promise<Line> {
    const line = await this.#options.connect()
    if (this.#isStopped) line.connection.destroy()
    else this.#line = line
    line.connection.on('error', () => {
      if (this.#line === line) this.#line = null
    })
    return line
  }

  #hangUp(): void {
    this.#line?.connection.destroy()
    this.#line = null
    this.#onHangUp()
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#intervalMs).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
