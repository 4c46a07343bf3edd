import type { SessionRecord, StateRecord } from '@sess/core'

/** A session's place: a write and a use change what is in it, and the Map stays as it is. */
interface Place {
  record: SessionRecord
  lessRecent: Place | null
  moreRecent: Place | null
}

/** Where memory stores keep their records. Handed to several stores, it is what they share. */
export class MemoryStorage {
  readonly #places = new Map<string, Place>()
  #leastRecent: Place | null = null
  #mostRecent: Place | null = null
  /** The keys of each identity's sessions, by identity key. */
  readonly identities = new Map<string, Set<string>>()
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

  /** Writes a record as the most recently used one, and keeps the identity index in step. */
  write(record: SessionRecord): void {
    const { key, identityKey } = record
    const place = this.#places.get(key)
    if (place === undefined) {
      const added = { record, lessRecent: null, moreRecent: null }
      this.#places.set(key, added)
      this.#append(added)
      this.#index(record)
      return
    }
    const former = place.record
    place.record = record
    this.#moveToEnd(place)
    // Most writes are of the same person's session again, and leave the index as it is.
    if (former.identityKey === identityKey) return
    this.#unindex(former)
    this.#index(record)
  }

  remove(key: string): void {
    const place = this.#places.get(key)
    if (place === undefined) return
    this.#places.delete(key)
    this.#unlink(place)
    this.#unindex(place.record)
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

  #index({ key, identityKey }: SessionRecord): void {
    if (identityKey === null) return
    const keys = this.identities.get(identityKey)
    if (keys === undefined) this.identities.set(identityKey, new Set([key]))
    else keys.add(key)
  }

  #unindex({ key, identityKey }: SessionRecord): void {
    if (identityKey === null) return
    const keys = this.identities.get(identityKey)
    if (keys?.delete(key) && keys.size === 0) this.identities.delete(identityKey)
  }
}
