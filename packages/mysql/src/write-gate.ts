import { connectionsForWrites } from '@sess/sql'
import type { TimeLimit } from './time-limit.ts'

/** Limits how many writes have a connection at once, so that reads find one while writes wait for locks. */
export class WriteGate {
  readonly #width: number
  readonly #waiting = new Set<() => void>()
  #inside = 0

  /** `connections`: the number of connections for reads and writes together. */
  constructor(connections: number) {
    this.#width = connectionsForWrites(connections)
  }

  /** Returns undefined if there is room, or a promise that resolves when there is. @throws `SESS_TIMEOUT` */
  enter(limit: TimeLimit): Promise<void> | undefined {
    if (this.#inside < this.#width) {
      this.#inside += 1
      return undefined
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve)
      const onLate = () => {
        this.#waiting.delete(resolve)
        reject(limit.error())
      }
      limit.step = { onLate }
    })
  }

  leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#inside -= 1
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
