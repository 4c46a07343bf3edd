import { Timeouts, withinTime } from '@sess/core'
import type { Connection } from 'mysql2'
import { faultOf } from './errors.ts'
import { sendQuery } from './execute.ts'
import { type ServerThread, threadsAt } from './server-thread.ts'

export interface KillerOptions {
  /** Opens a connection to the same server, beside all others, and tells which server it is. */
  readonly connect: () => Promise<Line>
  readonly timeoutMs: number
}

interface Line {
  readonly connection: Connection
  readonly server: string
}

/** A connection whose statement must come to its end at the server. */
export interface Doomed {
  readonly thread: ServerThread
  /** Called once, when the server has nothing of the connection any more: what it was doing took effect or never will. */
  readonly onGone: () => void
  /** Called when the statement does not end by itself, or the server cannot be asked: the client lets go of its connection. */
  readonly onHopeless: () => void
}

interface Kill extends Doomed {
  rounds: number
  /** When the server's own limits have surely ended it, where nobody can be asked; milliseconds of `performance.now`. */
  readonly endsBy: number
  /** The KILL under way: true when it was answered, false when its line broke and it may still arrive. */
  sent: Promise<boolean>
}

/** A connection gets KILL QUERY this often, then KILL. */
const queryRounds = 2

/**
 * Ends statements that were not answered in time, over a connection of its own that lives as long as there is something to
 * end. It asks the server until it knows: a timed-out write must not take effect after a later one.
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
   * Gives what is to be called when the connection has answered by itself. It resolves with true when no KILL can reach the
   * connection's next statement, with false when one may.
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

  /** Gives up what is left. */
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
        // A server that is full can be reached, and ends by its own limits what waits there.
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
      // The thread may have gone meanwhile; what is left is seen in the next round.
      if ((error as { fatal?: unknown }).fatal === true) throw error
    } finally {
      resolve(true)
    }
  }

  /** Another server answers at the address now, so this one's own limits have to do. */
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
