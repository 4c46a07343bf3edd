/** Something that is found by its key, linked into a {@link KeyTable}. */
export interface Keyed<T> {
  readonly key: string
  /** The next one in the same slot of the table. */
  nextInSlot: T | null
}

const slots = 1024
/** The characters at a key's end that choose its slot. Keys that all have the same ones make a slot slow, and nothing worse. */
const chars = 6

/**
 * Finds things that come and go with every operation. A Map would do, but for the garbage collector: each time it fills up
 * it makes itself anew, and its former selves, all they had in them included, outlive what a young generation is made for.
 */
export class KeyTable<T extends Keyed<T>> {
  readonly #slots: (T | null)[] = new Array<T | null>(slots).fill(null)

  /** Of the entries with this key, the one that was added last. */
  get(key: string): T | null {
    let entry = this.#slots[slotOf(key)] as T | null
    while (entry !== null && entry.key !== key) entry = entry.nextInSlot
    return entry
  }

  add(entry: T): void {
    const slot = slotOf(entry.key)
    entry.nextInSlot = this.#slots[slot] as T | null
    this.#slots[slot] = entry
  }

  /** Removes an entry that was added. */
  delete(entry: T): void {
    const slot = slotOf(entry.key)
    if (this.#slots[slot] === entry) {
      this.#slots[slot] = entry.nextInSlot
    } else {
      let before = this.#slots[slot] as T
      while (before.nextInSlot !== entry) before = before.nextInSlot as T
      before.nextInSlot = entry.nextInSlot
    }
    entry.nextInSlot = null
  }
}

/** FNV-1a of the key's end. */
function slotOf(key: string): number {
  let hash = key.length
  for (let index = Math.max(0, hash - chars); index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  }
  return (hash ^ (hash >>> 16)) & (slots - 1)
}
