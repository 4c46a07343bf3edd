import type { Coalescer } from './coalescer/coalescer.ts'

/** Counts the methods under way, so that a close can wait for them. */
export class Lifecycle {
  readonly #coalescer: Coalescer
  /** How many methods of several operations are under way. The coalescer counts single operations itself. */
  #underWay = 0
  #whenDone: (() => void)[] = []
  #closing: Promise<void> | null = null

  constructor(coalescer: Coalescer) {
    this.#coalescer = coalescer
  }

  get isClosed(): boolean {
    return this.#closing !== null
  }

  /** Runs a method of several operations, and makes a close wait for it. */
  async tracked<T>(run: () => Promise<T>): Promise<T> {
    this.#underWay += 1
    try {
      return await run()
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) for (const resolve of this.#whenDone.splice(0)) resolve()
    }
  }

  /** Calls `release` once every method has ended. A second call gets the same promise. */
  close(release: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#allEnded().then(release)
    return this.#closing
  }

  async #allEnded(): Promise<void> {
    // Wait for methods of several steps first: between two steps, the coalescer does not know about them. An answer may
    // start one more operation, hence the loop.
    while (this.#underWay > 0 || !this.#coalescer.isIdle) {
      if (this.#underWay > 0) await new Promise<void>((resolve) => this.#whenDone.push(resolve))
      await this.#coalescer.idle()
    }
  }
}
