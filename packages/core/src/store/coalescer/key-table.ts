/** An entry of a {@link KeyTable}. */
export interface Keyed<T> {
  readonly key: string
  /** The next entry in the same slot. */
  nextInSlot: T | null
}

const slots = 1024
/** How many characters at the end of a key choose its slot. Keys that end alike share a slot, which is slower but not wrong. */
const chars = 6

/**
 * A hash table instead of a Map: a Map with constant inserts and deletes keeps rehashing, and the discarded tables are
 * promoted to the old generation of the garbage collector, together with the entries in them.
 */
export class KeyTable<T extends Keyed<T>> {
  readonly #slots: (T | null)[] = new Array<T | null>(slots).fill(null)

  /** Returns the last added entry with this key. */
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

  /** Removes an entry. */
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
