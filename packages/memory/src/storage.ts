import type { SessionRecord, StateRecord } from '@sess/core'
import { ExpiryQueue, type Queued } from './expiry-queue.ts'
import { type Used, UseOrder } from './use-order.ts'

/**
 * The slot of a session. A write or a use changes the slot, not the Maps. The slot is linked into the list of last uses and
 * into the list of its identity. Links need no further objects, and with a million sessions every object costs the garbage
 * collector time.
 */
interface Place extends Queued, Used<Place> {
  record: SessionRecord
  order: UseOrder<Place>
  previousOfIdentity: Place | null
  nextOfIdentity: Place | null
}

/** The storage of memory stores. Stores that get the same storage share its sessions. */
export class MemoryStorage {
  readonly #places = new Map<string, Place>()
  /** Null until the storage is full for the first time: until then nothing needs the earliest expiry. */
  #expiries: ExpiryQueue<Place> | null = null
  readonly #anonymous = new UseOrder<Place>()
  readonly #signedIn = new UseOrder<Place>()
  /** The first slot of each identity, by identity key. */
  readonly #identities = new Map<string, Place>()
  /** By key, oldest first. */
  readonly states = new Map<string, StateRecord>()

  /** The number of sessions, expired ones included. */
  get size(): number {
    return this.#places.size
  }

  get(key: string): SessionRecord | null {
    return this.#places.get(key)?.record ?? null
  }

  /** Returns a record and makes it the most recently used one. */
  use(key: string): SessionRecord | null {
    const place = this.#places.get(key)
    if (place === undefined) return null
    place.order.moveToEnd(place)
    return place.record
  }

  /** Yields all records, the first written first. Records that are written or removed meanwhile may be among them. */
  *records(): Generator<SessionRecord, undefined> {
    for (const { record } of this.#places.values()) yield record
  }

  /** Yields the records of one identity. */
  *ofIdentity(identityKey: string): Generator<SessionRecord, undefined> {
    let place = this.#identities.get(identityKey) ?? null
    for (; place !== null; place = place.nextOfIdentity) yield place.record
  }

  /** The identity keys in the index. */
  identities(): Iterable<string> {
    return this.#identities.keys()
  }

  /** Writes a record as the most recently used one, and updates the identity index. */
  write(record: SessionRecord): void {
    const { key, identityKey, expiresAt } = record
    const place = this.#places.get(key)
    if (place === undefined) {
      const added: Place = {
        record,
        order: this.#orderOf(record),
        queueIndex: 0,
        lessRecent: null,
        moreRecent: null,
        previousOfIdentity: null,
        nextOfIdentity: null,
      }
      this.#places.set(key, added)
      this.#expiries?.add(added, expiresAt)
      added.order.append(added)
      this.#index(added)
      return
    }
    if (expiresAt < place.record.expiresAt) this.#expiries?.hasten(place, expiresAt)
    if (place.record.identityKey === identityKey) {
      // Most writes do not change the person, so the index stays as it is.
      place.record = record
      place.order.moveToEnd(place)
      return
    }
    this.#unindex(place)
    place.order.remove(place)
    place.record = record
    place.order = this.#orderOf(record)
    place.order.append(place)
    this.#index(place)
  }

  remove(key: string): void {
    const place = this.#places.get(key)
    if (place !== undefined) this.#remove(place)
  }

  /**
   * Removes one session, but not the one with the key `keep`. It removes an expired session; else the anonymous session
   * that is unused for longest; else the signed-in session that is.
   */
  makeRoom(keep: string, now: number): void {
    const { leastRecent } = this.#anonymous
    const anonymous = leastRecent !== null && leastRecent.record.key !== keep ? leastRecent : null
    const place = this.#firstExpired(now) ?? anonymous ?? this.#signedIn.leastRecent
    if (place !== null && place.record.key !== keep) this.#remove(place)
  }

  /** Finds an expired session. It moves sessions back that were touched since they were queued. */
  #firstExpired(now: number): Place | null {
    this.#expiries ??= new ExpiryQueue(this.#places.values(), ({ record }) => record.expiresAt)
    let place = this.#expiries.firstDue(now)
    while (place !== null && place.record.expiresAt > now) {
      this.#expiries.postponeFirst(place.record.expiresAt)
      place = this.#expiries.firstDue(now)
    }
    return place
  }

  #remove(place: Place): void {
    this.#places.delete(place.record.key)
    this.#expiries?.remove(place)
    place.order.remove(place)
    this.#unindex(place)
  }

  #orderOf({ identityKey }: SessionRecord): UseOrder<Place> {
    return identityKey === null ? this.#anonymous : this.#signedIn
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
