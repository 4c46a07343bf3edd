import { checkedStep } from './answers.ts'
import type { GuardedBackend } from './guarded-backend.ts'
import { pageSize, steps } from './steps.ts'

/** Others who are waiting get the greater part of the time of a backend that blocks. */
const turnsBetweenSteps = 4

/** Removes what has expired, in bounded steps, one clean-up at a time. */
export class CleanUp {
  readonly #backend: GuardedBackend
  readonly #isSystemClock: boolean
  #last: Promise<unknown> = Promise.resolve()

  constructor(backend: GuardedBackend, isSystemClock: boolean) {
    this.#backend = backend
    this.#isSystemClock = isSystemClock
  }

  /** How many sessions it removed. One that is asked for during another comes after it, and so sees what has expired since. */
  run(): Promise<number> {
    const cleaned = this.#last.then(() => this.#inSteps())
    this.#last = cleaned.catch(() => {})
    return cleaned
  }

  async #inSteps(): Promise<number> {
    const aheadMs = await this.#aheadMs()
    const step = (cursor: string | null) =>
      this.#backend.call(async (backend, now) =>
        backend.cleanExpired === undefined
          ? { sessions: 0, cursor: null }
          : checkedStep(await backend.cleanExpired(cursor, backend.cleanUpStep ?? pageSize, now - aheadMs), 'sessions'),
      )
    let sessions = 0
    for await (const page of steps(step, turnsBetweenSteps)) sessions += page.sessions
    return sessions
  }

  /** By how much this machine's clock is ahead of the server's: what it takes for expired may be alive for all others. */
  #aheadMs(): Promise<number> {
    if (!this.#isSystemClock) return Promise.resolve(0)
    return this.#backend.call(async (backend, now) =>
      backend.serverTime === undefined ? 0 : Math.max(0, now - (await backend.serverTime())),
    )
  }
}
