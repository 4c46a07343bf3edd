import type { SessionRecord, StateRecord } from '@sess/core'

/**
 * A session's place: a write and a use change what is in it, and the Maps stay as they are. It is linked into the list of all
 * by their use, and into that of its identity: of a million sessions the garbage collector visits each object again and
 * again, and a link is none.
 */
interface Place {
  record: SessionRecord
  lessRecent: Place | null
  moreRecent: Place | null
  previousOfIdentity: Place | null
  nextOfIdentity: Place | null
}

/** Where memory stores keep their records. Handed to several stores, it is what they share. */
export class MemoryStorage {
  readonly #places = new Map<string, Place>()
  #leastRecent: Place | null = null
  #mostRecent: Place | null = null
  /** The first of each identity's places, by identity key. */
  readonly #identities = new Map<string, Place>()
  /** By key, oldest first. */
  readonly states = new Map<string, StateRecord>()

  /** How many sessions there are, expired ones included. */
  get size(): number {
    return this.#places.size
  }

  get(key: string): SessionRecord | null {
    return this.#places.get(key)?.record ?? null
  }

  /** The record, which from now on is the most recently used one. */
  use(key: string): SessionRecord | null {
    const place = this.#places.get(key)
    if (place === undefined) return null
    this.#moveToEnd(place)
    return place.record
  }

  /** All records, those written first at the beginning. What is written or removed meanwhile may be among them. */
  *records(): Generator<SessionRecord, undefined> {
    for (const { record } of this.#places.values()) yield record
  }

  /** Those of one identity. */
  *ofIdentity(identityKey: string): Generator<SessionRecord, undefined> {
    let place = this.#identities.get(identityKey) ?? null
    for (; place !== null; place = place.nextOfIdentity) yield place.record
  }

  /** The identity keys in the index. */
  identities(): Iterable<string> {
    return this.#identities.keys()
  }

  /** Writes a record as the most recently used one, and keeps the identity index in step. */
  write(record: SessionRecord): void {
    const { key, identityKey } = record
    const place = this.#places.get(key)
    if (place === undefined) {
      const added = { record, lessRecent: null, moreRecent: null, previousOfIdentity: null, nextOfIdentity: null }
      this.#places.set(key, added)
      this.#append(added)
      this.#index(added)
      return
    }
    // Most writes are of the same person's session again, and leave the index as it is.
    const isReindexed = place.record.identityKey !== identityKey
    if (isReindexed) this.#unindex(place)
    place.record = record
    this.#moveToEnd(place)
    if (isReindexed) this.#index(place)
  }

  remove(key: string): void {
    const place = this.#places.get(key)
    if (place === undefined) return
    this.#places.delete(key)
    this.#unlink(place)
    this.#unindex(place)
  }

  removeLeastRecent(): void {
    if (this.#leastRecent !== null) this.remove(this.#leastRecent.record.key)
  }

  #moveToEnd(place: Place): void {
    if (place === this.#mostRecent) return
    this.#unlink(place)
    this.#append(place)
  }

  #append(place: Place): void {
    place.lessRecent = this.#mostRecent
    if (this.#mostRecent === null) this.#leastRecent = place
    else this.#mostRecent.moreRecent = place
    this.#mostRecent = place
  }

  #unlink(place: Place): void {
    const { lessRecent, moreRecent } = place
    if (lessRecent === null) this.#leastRecent = moreRecent
    else lessRecent.moreRecent = moreRecent
    if (moreRecent === null) this.#mostRecent = lessRecent
    else moreRecent.lessRecent = lessRecent
    place.lessRecent = null
    place.moreRecent = null
  }

  #index(place: Place): void {
    const { identityKey } = place.record
    if (identityKey === null) return
    const first = this.#identities.get(identityKey) ?? null
    place.nextOfIdentity = first
    if (first !== null) first.previousOfIdentity = place
    this.#identities.set(identityKey, place)
  }

  #unindex(place: Place): void {
    const { record, previousOfIdentity, nextOfIdentity } = place
    if (record.identityKey === null) return
    if (previousOfIdentity !== null) previousOfIdentity.nextOfIdentity = nextOfIdentity
    else if (nextOfIdentity !== null) this.#identities.set(record.identityKey, nextOfIdentity)
    else this.#identities.delete(record.identityKey)
    if (nextOfIdentity !== null) nextOfIdentity.previousOfIdentity = previousOfIdentity
    place.previousOfIdentity = null
    place.nextOfIdentity = null
  }
}
