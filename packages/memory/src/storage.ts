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
    this.remove(record.key)
    this.sessions.set(record.key, record)
    if (record.identityKey === null) return
    const keys = this.identities.get(record.identityKey)
    if (keys === undefined) this.identities.set(record.identityKey, new Set([record.key]))
    else keys.add(record.key)
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
    if (record.identityKey === null) return
    const keys = this.identities.get(record.identityKey)
    if (keys?.delete(key) && keys.size === 0) this.identities.delete(record.identityKey)
  }
}
