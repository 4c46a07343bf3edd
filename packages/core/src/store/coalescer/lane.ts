/** One operation on its way to the backend. */
export interface Item {
  readonly key: string
  readonly bytes: number
  /** True once no caller waits for it. */
  finished: boolean
  /** The batch that it was sent in; null before. */
  batch: Batch<Item> | null
}

/** Items that are sent together. */
export interface Batch<I extends Item> {
  readonly items: readonly I[]
  /** True once the batch no longer counts as under way: its answer came, or it took too long. */
  released: boolean
}

interface LaneOptions<I extends Item> {
  readonly maxOperations: number
  readonly maxBytes: number
  /** How many batches may be under way at once. */
  readonly width: number
  /** Calls `send` when an idle lane has gathered long enough: in a microtask, or by `setImmediate`. */
  readonly defer: (send: () => void) => void
  /** Sends a batch, and releases it when the answer comes. It never throws. */
  readonly send: (batch: Batch<I>) => void
}

/**
 * Gathers items into batches. An idle lane sends as soon as the current microtasks, or the current turn of the event loop,
 * are done. While its batches are under way, the next batch gathers.
 */
export class Lane<I extends Item> {
  readonly #options: LaneOptions<I>
  #gathering: I[] = []
  #underWay = 0
  #scheduled = false

  constructor(options: LaneOptions<I>) {
    this.#options = options
  }

  add(item: I): void {
    this.#gathering.push(item)
    this.#schedule()
  }

  /** Marks a batch as no longer under way, and sends the next one. */
  release(batch: Batch<Item>): void {
    if (batch.released) return
    batch.released = true
    this.#underWay -= 1
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= this.#options.width || this.#gathering.length === 0) return
    this.#scheduled = true
    this.#options.defer(() => {
      this.#scheduled = false
      while (this.#underWay < this.#options.width && this.#gathering.length > 0) this.#sendNext()
    })
  }

  #sendNext(): void {
    const items = this.#take()
    if (items.length === 0) return
    // Every writer locks rows in the order of their keys, so two writers cannot deadlock.
    if (items.length > 1) items.sort(byKey)
    const batch: Batch<I> = { items, released: false }
    for (const item of items) item.batch = batch
    this.#underWay += 1
    this.#options.send(batch)
  }

  /**
   * Takes the next batch. A long queue is split evenly over the free lanes, so that one batch travels while another is
   * answered.
   */
  #take(): I[] {
    const { maxOperations, maxBytes, width } = this.#options
    const gathering = this.#gathering
    const share = Math.max(leastShare, Math.ceil(gathering.length / (width - this.#underWay)))
    const most = Math.min(maxOperations, share)
    let count = 0
    let bytes = 0
    while (count < gathering.length && count < most) {
      bytes += (gathering[count] as I).bytes
      if (count > 0 && bytes > maxBytes) break
      count += 1
    }
    if (count === gathering.length) this.#gathering = []
    const taken = count === gathering.length ? gathering : gathering.splice(0, count)
    return taken.some(isFinished) ? taken.filter((item) => !item.finished) : taken
  }
}

/** A queue is never split into batches smaller than this: the cost of a batch itself would outweigh the gain. */
const leastShare = 32

function byKey(a: Item, b: Item): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

function isFinished(item: Item): boolean {
  return item.finished
}
