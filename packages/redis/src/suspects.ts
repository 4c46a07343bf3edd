/**
 * Entries that may have outlived their records, by the number of their bucket. The script of a write comes across them and may
 * not look at keys that it was not called with, so the next write to their bucket takes them along.
 */
export class Suspects {
  readonly #entries = new Map<number, readonly string[]>()

  put(bucket: number, entry: string): void {
    const known = this.#entries.get(bucket) ?? []
    if (known.length < mostOfABucket && !known.includes(entry)) this.#entries.set(bucket, [...known, entry])
  }

  /** Takes those of one bucket. */
  takeOf(bucket: number): readonly string[] {
    const entries = this.#entries.get(bucket) ?? []
    this.#entries.delete(bucket)
    return entries
  }

  /** Takes those of some buckets. */
  *take(): Generator<readonly string[]> {
    let left = mostAtOnce
    for (const [bucket, entries] of this.#entries) {
      if (left <= 0) return
      left -= entries.length
      this.#entries.delete(bucket)
      yield entries
    }
  }
}

const mostOfABucket = 16
/** So that what is taken along stays within the length of a batch. */
const mostAtOnce = 256
