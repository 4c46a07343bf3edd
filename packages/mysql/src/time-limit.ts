import { SessionError, type Timeouts, type Waiting } from '@sess/core'

/** The time that one piece of work has, from its wait for a connection to the answer of its last statement. */
export class TimeLimit implements Waiting {
  since = 0
  earlier: Waiting | null = null
  later: Waiting | null = null
  isLate = false
  /** What is done about the step that is under way when the time is over. */
  onLate: () => void = nothing
  readonly #timeouts: Timeouts
  readonly #limitMs: number

  constructor(timeouts: Timeouts, limitMs: number) {
    this.#timeouts = timeouts
    this.#limitMs = limitMs
    timeouts.enter(this)
  }

  expire(): void {
    this.isLate = true
    this.onLate()
  }

  /** The work is done. */
  leave(): void {
    this.onLate = nothing
    if (!this.isLate) this.#timeouts.leave(this)
  }

  error(): SessionError {
    return new SessionError('SESS_TIMEOUT', `MySQL: no answer within ${this.#limitMs} ms`)
  }
}

function nothing(): void {}
