import {
  type ChangedRecord,
  type CleanedPage,
  type RecordPage,
  type RemovedPage,
  type SessionBackend,
  type SessionRecord,
  type StateRecord,
  type StoredTimes,
  type WriteOperation,
  type WriteOutcome,
  writeKinds,
} from '@sess/core'
import type { MemoryStorage } from './storage.ts'

/**
 * How many records a step of the clean-up may visit for each one that it may remove. Visiting is cheap, and the step stays
 * short.
 */
const visitsPerRemoval = 8

/** The storage primitives over Maps in this process. Every call runs synchronously to its end, so it is atomic. */
export class MemoryBackend implements SessionBackend {
  readonly type = 'memory'
  readonly writes = writeKinds
  readonly batching = { maxOperations: 1, readLanes: 1, writeLanes: 1, immediate: 'all' } as const
  readonly #storage: MemoryStorage
  readonly #maxSessions: number
  /** Where the next step of the clean-up begins, and how many records are left to visit. */
  #cleaning: { records: Iterator<SessionRecord, undefined>; left: number } | null = null

  constructor(storage: MemoryStorage, maxSessions: number) {
    this.#storage = storage
    this.#maxSessions = maxSessions
  }

  read(keys: readonly string[]): (SessionRecord | null)[] {
    return keys.map((key) => this.#storage.use(key))
  }

  write(operations: readonly WriteOperation[], now: number): WriteOutcome[] {
    return operations.map((operation) => this.#apply(operation, now))
  }

  count(now: number): number {
    let live = 0
    for (const record of this.#storage.records()) if (record.expiresAt > now) live += 1
    return live
  }

  cleanExpired(cursor: string | null, limit: number, now: number): CleanedPage {
    const { states } = this.#storage
    // States live for minutes, so there are few of them.
    if (cursor === null) for (const state of states.values()) if (state.expiresAt <= now) states.delete(state.key)
    this.#cleaning ??= { records: this.#storage.records(), left: this.#storage.size }
    const { records } = this.#cleaning
    let removed = 0
    for (let visits = 0; visits < limit * visitsPerRemoval && removed < limit; visits += 1) {
      const next = this.#cleaning.left > 0 ? records.next() : null
      if (next === null || next.done) {
        this.#cleaning = null
        return { sessions: removed, cursor: null }
      }
      this.#cleaning.left -= 1
      if (next.value.expiresAt <= now) {
        this.#storage.remove(next.value.key)
        removed += 1
      }
    }
    return { sessions: removed, cursor: 'next' }
  }

  /** Returns all records in one page: they are in memory anyway, so the page holds references only. */
  listByIdentity(identityKey: string, _cursor: string | null, _limit: number, now: number): RecordPage {
    return { records: this.#liveOf(identityKey, now), cursor: null }
  }

  deleteByIdentity(
    identityKey: string,
    exceptKey: string | null,
    _cursor: string | null,
    _limit: number,
    now: number,
  ): RemovedPage {
    const records = this.#liveOf(identityKey, now).filter((record) => record.key !== exceptKey)
    for (const record of records) this.#storage.remove(record.key)
    return { ended: records.length, cursor: null }
  }

  /** Returns all records in one page, as `listByIdentity` does. */
  scan(_cursor: string | null, _limit: number, now: number): RecordPage {
    return { records: [...this.#storage.records()].filter((record) => record.expiresAt > now), cursor: null }
  }

  ping(): void {
    void this.#storage.size
  }

  close(): void {}

  #apply(operation: WriteOperation, now: number): WriteOutcome {
    const storage = this.#storage
    if (operation.kind === 'putState') return this.#putState(operation.record)
    if (operation.kind === 'consumeState') return this.#consumeState(operation.key, now)
    const { key } = operation
    const live = this.#live(key, now)
    switch (operation.kind) {
      case 'insert':
        return live === null && this.#store(operation.record, now)
      case 'put':
        return (operation.ifLive !== true || live !== null) && this.#store(operation.record, now)
      case 'replace':
        return live === null ? null : this.#overwrite(live, operation.record)
      case 'compareAndSwap':
        if (live === null) return 'gone'
        return live.version === operation.ifVersion ? this.#overwrite(live, operation.record) : 'conflict'
      case 'touch':
        return live === null ? null : this.#touch(live, operation)
      case 'delete':
        if (!isOneOf(operation.ifIdentityKeys, storage.get(key))) return false
        storage.remove(key)
        return live !== null
      case 'rotate': {
        if (live === null) return 'gone'
        if (live.version !== operation.ifVersion) return 'conflict'
        if (this.#live(operation.newKey, now) !== null) return 'taken'
        storage.remove(key)
        return this.#write(operation.record, live, operation.record)
      }
    }
  }

  #liveOf(identityKey: string, now: number): SessionRecord[] {
    return [...this.#storage.ofIdentity(identityKey)].filter((record) => record.expiresAt > now)
  }

  #live(key: string, now: number): SessionRecord | null {
    const record = this.#storage.get(key)
    return record !== null && record.expiresAt > now ? record : null
  }

  /** Writes a whole record, and removes another one where there is no room. */
  #store(record: SessionRecord, now: number): true {
    this.#storage.write(record)
    if (this.#storage.size > this.#maxSessions) this.#storage.makeRoom(record.key, now)
    return true
  }

  /** The stored times stay unless the caller moved them. */
  #overwrite(stored: SessionRecord, changed: ChangedRecord): StoredTimes {
    return this.#write(changed, stored, stored)
  }

  #touch(stored: SessionRecord, { seenAt, ttlMs, defaultTtlMs }: WriteOperation & { kind: 'touch' }): number {
    const asked = seenAt + (ttlMs ?? stored.ttlMs ?? defaultTtlMs)
    const expiresAt = Math.min(asked, stored.deadline ?? asked)
    this.#storage.write(recordOf(stored, stored, seenAt, expiresAt))
    return expiresAt
  }

  /** Writes a changed record. It takes the remaining times from `times`. */
  #write(changed: ChangedRecord, stored: SessionRecord, times: SessionRecord): StoredTimes {
    const asked = changed.keepsExpiry ? stored.expiresAt : changed.expiresAt
    const record = recordOf(changed, times, changed.lastSeenAt, Math.min(asked, times.deadline ?? asked))
    this.#storage.write(record)
    return record
  }

  #putState(record: StateRecord): true {
    const { states } = this.#storage
    states.delete(record.key)
    states.set(record.key, record)
    // A flood of unfinished sign-ins must not fill the memory either.
    if (states.size > this.#maxSessions) states.delete(states.keys().next().value as string)
    return true
  }

  #consumeState(key: string, now: number): StateRecord | null {
    const record = this.#storage.states.get(key)
    if (record === undefined) return null
    this.#storage.states.delete(key)
    return record.expiresAt > now ? record : null
  }
}

/** Makes the record with these times. It names its fields one by one, which takes half the time of a spread. */
function recordOf(
  { key, version, payload, identityKey }: SessionRecord,
  { createdAt, ttlMs, deadline }: SessionRecord,
  lastSeenAt: number | null,
  expiresAt: number,
): SessionRecord {
  return { key, version, createdAt, lastSeenAt, expiresAt, ttlMs, deadline, payload, identityKey }
}

/** True where a conditional delete may remove this record: it belongs to one of these identities. */
function isOneOf(identityKeys: readonly string[] | undefined, record: SessionRecord | null): boolean {
  if (identityKeys === undefined) return true
  return record !== null && record.identityKey !== null && identityKeys.includes(record.identityKey)
}
