import { SessionError } from '../contract/errors.ts'

export interface PendingLimits {
  readonly maxPending: number
  readonly maxPendingBytes: number
}

/** Counts what the store has been asked for and the backend has not answered, so that an outage fills no memory. */
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

  /** @returns the error for the caller where there is no room, else null */
  enter(bytes: number): SessionError | null {
    const { maxPending, maxPendingBytes } = this.#limits
    if (this.#calls >= maxPending || this.#bytes + bytes > maxPendingBytes) {
      return new SessionError(
        'SESS_UNAVAILABLE',
        'too much is waiting for the backend: maxPending or maxPendingBytes is reached',
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
