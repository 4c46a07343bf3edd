import type { Coalescer } from './coalescer/coalescer.ts'

/** Knows which methods are under way, for a close that waits for them. */
export class Lifecycle {
  readonly #coalescer: Coalescer
  /** The methods under way that are more than one operation of the coalescer. */
  #underWay = 0
  #whenDone: (() => void)[] = []
  #closing: Promise<void> | null = null

  constructor(coalescer: Coalescer) {
    this.#coalescer = coalescer
  }

  get isClosed(): boolean {
    return this.#closing !== null
  }

  /** Makes a close wait for a method that is more than one operation of the coalescer. */
  async tracked<T>(run: () => Promise<T>): Promise<T> {
    this.#underWay += 1
    try {
      return await run()
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) for (const resolve of this.#whenDone.splice(0)) resolve()
    }
  }

  /** Calls `release` once all that is under way has ended. Another call gets the same promise. */
  close(release: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#allEnded().then(release)
    return this.#closing
  }

  async #allEnded(): Promise<void> {
    // The methods of several steps first: between two of its steps the coalescer knows nothing of one. An answer may be the
    // cause of one more operation.
    while (this.#underWay > 0 || !this.#coalescer.isIdle) {
      if (this.#underWay > 0) await new Promise<void>((resolve) => this.#whenDone.push(resolve))
      await this.#coalescer.idle()
    }
  }
}
