import { SessionError } from '../contract/errors.ts'

export interface PendingLimits {
  readonly maxPending: number
  readonly maxPendingBytes: number
}

/** Counts the operations that the backend has not answered, so that an outage does not fill the memory. */
export class Pending {
  readonly #limits: PendingLimits
  #calls = 0
  #bytes = 0

  constructor(limits: PendingLimits) {
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#calls === 0
  }

  /** Returns an error for the caller where a limit is reached, else null. */
  enter(bytes: number): SessionError | null {
    const { maxPending, maxPendingBytes } = this.#limits
    if (this.#calls >= maxPending || this.#bytes + bytes > maxPendingBytes) {
      return new SessionError(
        'SESS_UNAVAILABLE',
        'too many operations are waiting for the backend: maxPending or maxPendingBytes is reached',
      )
    }
    this.#calls += 1
    this.#bytes += bytes
    return null
  }

  leave(bytes: number): void {
    this.#calls -= 1
    this.#bytes -= bytes
  }
}
