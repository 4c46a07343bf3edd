/** An item of an {@link ExpiryQueue}. */
export interface Queued {
  /** The position in the queue. Set by the queue. */
  queueIndex: number
}

/**
 * A binary heap, the earliest expiry first. Each item is queued under an instant that is not later than its expiry. So a
 * session that is touched often moves in the heap once that instant has come, not at every touch.
 */
export class ExpiryQueue<Item extends Queued> {
  /** The instants lie in an array of their own, so a comparison follows no reference. */
  readonly #instants: number[] = []
  readonly #items: Item[] = []

  constructor(items: Iterable<Item>, expiryOf: (item: Item) => number) {
    for (const item of items) this.#set(this.#items.length, item, expiryOf(item))
    for (let index = (this.#items.length >> 1) - 1; index >= 0; index -= 1) {
      this.#sink(index, this.#items[index] as Item, this.#instants[index] as number)
    }
  }

  add(item: Item, instant: number): void {
    this.#rise(this.#items.length, item, instant)
  }

  remove(item: Item): void {
    const last = this.#items.pop() as Item
    const lastInstant = this.#instants.pop() as number
    if (last !== item) this.#place(item.queueIndex, last, lastInstant)
  }

  /** Moves an item forward where its expiry is earlier than its queued instant. */
  hasten(item: Item, expiresAt: number): void {
    if (expiresAt < (this.#instants[item.queueIndex] as number)) this.#rise(item.queueIndex, item, expiresAt)
  }

  /** Moves the first item back to the place of its current expiry. */
  postponeFirst(expiresAt: number): void {
    this.#sink(0, this.#items[0] as Item, expiresAt)
  }

  /** Returns the first item where its queued instant has come. Its expiry may be later. */
  firstDue(now: number): Item | null {
    const instant = this.#instants[0]
    return instant !== undefined && instant <= now ? (this.#items[0] as Item) : null
  }

  #place(index: number, item: Item, instant: number): void {
    const parent = this.#instants[(index - 1) >> 1]
    if (index > 0 && (parent as number) > instant) this.#rise(index, item, instant)
    else this.#sink(index, item, instant)
  }

  #rise(from: number, item: Item, instant: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((this.#instants[parent] as number) <= instant) break
      this.#set(index, this.#items[parent] as Item, this.#instants[parent] as number)
      index = parent
    }
    this.#set(index, item, instant)
  }

  #sink(from: number, item: Item, instant: number): void {
    const { length } = this.#items
    let index = from
    for (;;) {
      let child = 2 * index + 1
      if (child >= length) break
      if (child + 1 < length && (this.#instants[child + 1] as number) < (this.#instants[child] as number)) child += 1
      if ((this.#instants[child] as number) >= instant) break
      this.#set(index, this.#items[child] as Item, this.#instants[child] as number)
      index = child
    }
    this.#set(index, item, instant)
  }

  #set(index: number, item: Item, instant: number): void {
    this.#items[index] = item
    this.#instants[index] = instant
    item.queueIndex = index
  }
}
