import { SessionError, type Timeouts, type Waiting } from '@sess/core'

/** A step of a piece of work that its time may run out on. */
export interface TimedStep {
  onLate(): void
}

/** The time that one piece of work has, from its wait for a connection to the answer of its last statement. */
export class TimeLimit implements Waiting {
  since = 0
  earlier: Waiting | null = null
  later: Waiting | null = null
  isLate = false
  /**
   * The step that is under way, which is told when the time is over. An object: with a fresh closure in this field for each
   * piece of work, a load cost a quarter more CPU, as V8 kept what the closures saw through many scavenges.
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
