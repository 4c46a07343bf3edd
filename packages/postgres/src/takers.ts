import { connectionsForWrites } from '@sess/sql'
import type { Taker } from './leases.ts'

/** Those who wait for a connection. Writes, which wait for locks, never have all connections: reads are left some. */
export class Takers {
  readonly #reads = new Set<Taker>()
  readonly #writes = new Set<Taker>()
  readonly #maxWriting: number
  #writing = 0

  constructor(max: number) {
    this.#maxWriting = connectionsForWrites(max)
  }

  /** How many could start now. */
  get startable(): number {
    return this.#reads.size + Math.min(this.#writes.size, this.#maxWriting - this.#writing)
  }

  add(taker: Taker): void {
    ;(taker.isWrite ? this.#writes : this.#reads).add(taker)
  }

  forget(taker: Taker): void {
    ;(taker.isWrite ? this.#writes : this.#reads).delete(taker)
  }

  /** Whether one may start at once, past those who wait: then it counts as started. */
  startNow({ isWrite }: Taker): boolean {
    if (!isWrite) return true
    if (this.#writing >= this.#maxWriting) return false
    this.#writing += 1
    return true
  }

  /** The next to start: reads go first, as they hold nobody up for long. */
  next(): Taker | undefined {
    for (const queue of this.#writing < this.#maxWriting ? [this.#reads, this.#writes] : [this.#reads]) {
      for (const taker of queue) {
        queue.delete(taker)
        if (taker.isWrite) this.#writing += 1
        return taker
      }
    }
    return undefined
  }

  ended({ isWrite }: Taker): void {
    if (isWrite) this.#writing -= 1
  }

  refuseAll(error: unknown): void {
    for (const queue of [this.#reads, this.#writes]) {
      for (const taker of queue) taker.refuse(error)
      queue.clear()
    }
  }
}
