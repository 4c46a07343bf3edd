/** Something that is found by its key, linked into a {@link KeyTable}. */
export interface Keyed<T> {
  readonly key: string
  /** The next one in the same slot of the table. */
  nextInSlot: T | null
}

const slots = 1024

/** So that nobody can choose keys that all fall into one slot. */
const seed = Math.floor(Math.random() * 2 ** 32)

/**
 * Finds things that come and go with every operation. A Map would do, but for the garbage collector: each time it fills up
 * it makes itself anew, and its former selves, all they had in them included, outlive what a young generation is made for.
 */
export class KeyTable<T extends Keyed<T>> {
  readonly #slots: (T | null)[] = new Array<T | null>(slots).fill(null)

  get(key: string): T | null {
    let entry = this.#slots[slotOf(key)] as T | null
    while (entry !== null && entry.key !== key) entry = entry.nextInSlot
    return entry
  }

  /** Puts an entry in the place of the one with the same key, if there is one. */
  set(entry: T): void {
    this.delete(entry.key)
    const slot = slotOf(entry.key)
    entry.nextInSlot = this.#slots[slot] as T | null
    this.#slots[slot] = entry
  }

  delete(key: string): void {
    const slot = slotOf(key)
    let before: T | null = null
    let entry = this.#slots[slot] as T | null
    while (entry !== null && entry.key !== key) {
      before = entry
      entry = entry.nextInSlot
    }
    if (entry === null) return
    if (before === null) this.#slots[slot] = entry.nextInSlot
    else before.nextInSlot = entry.nextInSlot
    entry.nextInSlot = null
  }
}

/** FNV-1a. */
function slotOf(key: string): number {
  let hash = seed
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return (hash ^ (hash >>> 16)) & (slots - 1)
}
