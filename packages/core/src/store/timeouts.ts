import { longestTimerMs } from '../contract/durations.ts'

/** A wait for an answer, linked into {@link Timeouts}. */
export interface Waiting {
  /** The tick at which its time began. Set by {@link Timeouts}. */
  since: number
  earlier: Waiting | null
  later: Waiting | null
  /** Called when the time is over. The wait has left {@link Timeouts} by then. */
  expire(): void
}

const ticksPerTimeout = 8
const slots = ticksPerTimeout + 1

/**
 * One coarse timer for all waits of at most `timeoutMs`. A wait costs a few assignments instead of a timer of its own. It
 * expires after 7/8 to 8/8 of the time-out.
 *
 * A pause of the process (garbage collection, suspend, a breakpoint) is not an outage: however long it lasts, it counts as
 * one tick. An answer that arrived during the pause is read first, because waits expire one turn of the event loop after
 * the timer fires.
 */
export class Timeouts {
  readonly #tickMs: number
  /** A ring of lists. Each list holds the waits that began at one tick. */
  readonly #slots: (Waiting | null)[] = new Array<Waiting | null>(slots).fill(null)
  #waiting = 0
  #tick = 0
  #timer: NodeJS.Timeout | null = null

  constructor(timeoutMs: number) {
    this.#tickMs = Math.min(timeoutMs / ticksPerTimeout, longestTimerMs)
  }

  /** The current tick, for {@link enter}. Ticks pass only while something waits. */
  get tick(): number {
    return this.#tick
  }

  /** Starts a wait. `since` is the tick at which its time began, where that is not the current one. */
  enter(waiting: Waiting, since = this.#tick): void {
    // A wait whose time is over already expires at the next tick.
    waiting.since = Math.max(since, this.#tick - ticksPerTimeout + 1)
    const slot = waiting.since % slots
    const first = this.#slots[slot] as Waiting | null
    waiting.earlier = null
    waiting.later = first
    if (first !== null) first.earlier = waiting
    this.#slots[slot] = waiting
    this.#waiting += 1
    // The timer is unref'd: the connection keeps the process alive, not the timer.
    this.#timer ??= setInterval(() => this.#onTick(), this.#tickMs).unref()
  }

  leave(waiting: Waiting): void {
    if (waiting.earlier === null) this.#slots[waiting.since % slots] = waiting.later
    else waiting.earlier.later = waiting.later
    if (waiting.later !== null) waiting.later.earlier = waiting.earlier
    waiting.earlier = null
    waiting.later = null
    this.#waiting -= 1
  }

  #onTick(): void {
    this.#tick += 1
    if (this.#waiting === 0) {
      clearInterval(this.#timer as NodeJS.Timeout)
      this.#timer = null
      return
    }
    const due = (this.#tick - ticksPerTimeout + slots) % slots
    if (this.#slots[due] !== null) setImmediate(() => this.#expire(due))
  }

  #expire(slot: number): void {
    for (let late = this.#slots[slot] ?? null; late !== null; late = this.#slots[slot] ?? null) {
      this.leave(late)
      late.expire()
    }
  }
}

/** Settles as `answer` does, or rejects with the error of `late` when the time is over first. */
export function withinTime<T>(timeouts: Timeouts, answer: Promise<T>, late: () => Error, since?: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let isWaiting = true
    const expire = () => {
      isWaiting = false
      reject(late())
    }
    const waiting: Waiting = { since: 0, earlier: null, later: null, expire }
    timeouts.enter(waiting, since)
    const leave = () => {
      if (isWaiting) timeouts.leave(waiting)
      isWaiting = false
    }
    answer.then(
      (value) => {
        leave()
        resolve(value)
      },
      (error: unknown) => {
        leave()
        reject(error)
      },
    )
  })
}
