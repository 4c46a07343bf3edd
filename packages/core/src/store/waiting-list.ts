/** Something that waits for an answer, linked into a {@link WaitingList}. */
export interface Waiting {
  /** When it began to wait, in ticks of the list's clock. */
  since: number
  earlier: Waiting | null
  later: Waiting | null
  /** Called once it has waited too long; it must leave the list. */
  expire(): void
}

const ticksPerTimeout = 8

/**
 * What is under way, oldest first, with one coarse timer for all of it: an operation costs a few assignments instead of a
 * timer of its own. Something expires after 7/8 to 8/8 of the time-out.
 */
export class WaitingList {
  #oldest: Waiting | null = null
  #newest: Waiting | null = null
  #tick = 0
  #timer: NodeJS.Timeout | null = null
  readonly #tickMs: number

  constructor(timeoutMs: number) {
    this.#tickMs = timeoutMs / ticksPerTimeout
  }

  enter(waiting: Waiting): void {
    waiting.since = this.#tick
    waiting.earlier = this.#newest
    if (this.#newest === null) this.#oldest = waiting
    else this.#newest.later = waiting
    this.#newest = waiting
    // The timer is unref'd: what keeps a process alive is the connection that the answer comes on.
    this.#timer ??= setInterval(() => this.#onTick(), this.#tickMs).unref()
  }

  leave(waiting: Waiting): void {
    if (waiting.earlier === null) this.#oldest = waiting.later
    else waiting.earlier.later = waiting.later
    if (waiting.later === null) this.#newest = waiting.earlier
    else waiting.later.earlier = waiting.earlier
    waiting.earlier = null
    waiting.later = null
  }

  #onTick(): void {
    this.#tick += 1
    if (this.#oldest === null) {
      clearInterval(this.#timer as NodeJS.Timeout)
      this.#timer = null
      return
    }
    while (this.#oldest !== null && this.#tick - this.#oldest.since >= ticksPerTimeout) this.#oldest.expire()
  }
}
