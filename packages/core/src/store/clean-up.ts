import { checkedStep } from './answers.ts'
import type { GuardedBackend } from './guarded-backend.ts'
import { pageSize, steps } from './steps.ts'

/** Turns of the event loop between two steps: where the backend blocks the loop, waiting calls get most of the time. */
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

  /** Resolves with the number of removed sessions. A clean-up that is called during another runs after it. */
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

  /**
   * Resolves with the ms by which this machine's clock is ahead of the server's. A session that is expired here may be live
   * for all other machines.
   */
  #aheadMs(): Promise<number> {
    if (!this.#isSystemClock) return Promise.resolve(0)
    return this.#backend.call(async (backend, now) =>
      backend.serverTime === undefined ? 0 : Math.max(0, now - (await backend.serverTime())),
    )
  }
}
