import { SessionError, type Timeouts, type Waiting } from '@sess/core'

/** A step of a piece of work. */
export interface TimedStep {
  onLate(): void
}

/** The time limit of one piece of work, from its wait for a connection to the answer of its last statement. */
export class TimeLimit implements Waiting {
  since = 0
  earlier: Waiting | null = null
  later: Waiting | null = null
  isLate = false
  /**
   * The current step, which is told when the time is over. It is an object: with a new closure in this field for each piece of
   * work a load cost a quarter more CPU, as V8 kept the closures' variables through many scavenges.
   */
  step: TimedStep | null = null
  readonly #timeouts: Timeouts
  readonly #limitMs: number

  constructor(timeouts: Timeouts, limitMs: number) {
    this.#timeouts = timeouts
    this.#limitMs = limitMs
    timeouts.enter(this)
  }

  expire(): void {
    this.isLate = true
    this.step?.onLate()
  }

  /** The work is done. */
  leave(): void {
    this.step = null
    if (!this.isLate) this.#timeouts.leave(this)
  }

  error(): SessionError {
    return new SessionError('SESS_TIMEOUT', `MySQL: no answer within ${this.#limitMs} ms`)
  }
}
