import type { SessionRecord, StateRecord } from '@sess/core'

/** Where memory stores keep their records. Handed to several stores, it is what they share. */
export class MemoryStorage {
  /** By key, least recently used first. */
  readonly sessions = new Map<string, SessionRecord>()
  /** The keys of each identity's sessions, by identity key. */
  readonly identities = new Map<string, Set<string>>()
  /** By key, oldest first. */
  readonly states = new Map<string, StateRecord>()

  /** Writes a record as the most recently used one, and keeps the identity index in step. */
  write(record: SessionRecord): void {
    const { key, identityKey } = record
    const former = this.sessions.get(key)
    if (former !== undefined) this.sessions.delete(key)
    this.sessions.set(key, record)
    // Most writes are of the same person's session again, and leave the index as it is.
    if (former?.identityKey === identityKey) return
    if (former !== undefined) this.#unindex(former)
    if (identityKey === null) return
    const keys = this.identities.get(identityKey)
    if (keys === undefined) this.identities.set(identityKey, new Set([key]))
    else keys.add(key)
  }

  /** Marks a record as the most recently used one. */
  use(record: SessionRecord): void {
    this.sessions.delete(record.key)
    this.sessions.set(record.key, record)
  }

  remove(key: string): void {
    const record = this.sessions.get(key)
    if (record === undefined) return
    this.sessions.delete(key)
    this.#unindex(record)
  }

  #unindex({ key, identityKey }: SessionRecord): void {
    if (identityKey === null) return
    const keys = this.identities.get(identityKey)
    if (keys?.delete(key) && keys.size === 0) this.identities.delete(identityKey)
  }
}
