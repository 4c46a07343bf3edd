import { isSessionError, type JsonObject } from '@sess/core'
import { isEnded, storedValue } from './entries.ts'
import type { Settings } from './options.ts'

/** Increments of one key that are written together. */
interface Batch {
  size: number
  readonly total: Promise<number>
}

const tries = 64

/**
 * Counters that expire a fixed time after their first increment. What waits while a write of a key is under way goes into the
 * next write together: a flood of requests on one key costs one write at a time.
 */
export class Counters {
  readonly #settings: Settings
  readonly #waiting = new Map<string, Batch>()
  readonly #running = new Map<string, Promise<unknown>>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Resolves with the count after this increment. */
  async increment(id: string, ttlMs: number): Promise<number> {
    const batch = this.#waiting.get(id) ?? this.#begin(id, ttlMs)
    batch.size += 1
    const place = batch.size
    return (await batch.total) - batch.size + place
  }

  #begin(id: string, ttlMs: number): Batch {
    const before = this.#running.get(id)
    const batch: Batch = { size: 0, total: this.#writeAfter(before, id, ttlMs, () => batch.size) }
    this.#waiting.set(id, batch)
    this.#running.set(id, batch.total)
    return batch
  }

  async #writeAfter(before: Promise<unknown> | undefined, id: string, ttlMs: number, size: () => number) {
    // Its own callers hear of a failure of the write before.
    await before?.catch(() => {})
    const batch = this.#waiting.get(id)
    this.#waiting.delete(id)
    try {
      return await this.#write(id, size(), ttlMs)
    } finally {
      if (this.#running.get(id) === batch?.total) this.#running.delete(id)
    }
  }

  async #write(id: string, size: number, ttlMs: number): Promise<number> {
    const { store, now } = this.#settings
    for (let tried = 1; ; tried += 1) {
      let total = size
      const counted = await store.update(id, (live) => {
        const begins = isEnded(live.data)
        total = begins ? size : countOf(live.data) + size
        live.data = { value: String(total) }
        if (begins) live.expiresAt = new Date(now() + ttlMs)
      })
      if (counted !== null) return total
      try {
        const data = { value: String(size) }
        await store.save({ id, data, expiresAt: new Date(now() + ttlMs) }, { if: 'absent' })
        return size
      } catch (error) {
        if (!isSessionError(error, 'SESS_CONFLICT') || tried === tries) throw error
      }
    }
  }
}

function countOf(data: JsonObject): number {
  const count = Number(storedValue(data))
  if (!Number.isSafeInteger(count)) throw new TypeError('increment needs a key that holds a whole number')
  return count
}
