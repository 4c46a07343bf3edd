import type { SessionBackend, SessionRecord, StateRecord, WriteOperation, WriteOutcome } from '@sess/core'
import type { MemoryStorage } from './storage.ts'

/** Records visited for each one that a step of the clean-up may remove: visiting is cheap, and the steps stay short. */
const visitsPerRemoval = 8

/** The storage primitives over Maps of this process. Every call runs to its end in one go, so each is atomic. */
export class MemoryBackend implements SessionBackend {
  readonly type = 'memory'
  readonly writes = ['insert', 'put', 'replace', 'swap', 'touch', 'delete', 'rotate', 'putState', 'takeState'] as const
  readonly batching = { maxOperations: 1, readLanes: 1, writeLanes: 1, immediate: 'all' } as const
  readonly #storage: MemoryStorage
  readonly #maxSessions: number
  /** Where the clean-up goes on, and how many records it has still to visit. */
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

  cleanExpired(now: number, limit: number): { sessions: number; more: boolean } {
    const { states } = this.#storage
    // States live for minutes and are few beside sessions.
    for (const state of states.values()) if (state.expiresAt <= now) states.delete(state.key)
    this.#cleaning ??= { records: this.#storage.records(), left: this.#storage.size }
    const { records } = this.#cleaning
    let removed = 0
    for (let visits = 0; visits < limit * visitsPerRemoval && removed < limit; visits += 1) {
      const next = this.#cleaning.left > 0 ? records.next() : null
      if (next === null || next.done) {
        this.#cleaning = null
        return { sessions: removed, more: false }
      }
      this.#cleaning.left -= 1
      if (next.value.expiresAt <= now) {
        this.#storage.remove(next.value.key)
        removed += 1
      }
    }
    return { sessions: removed, more: true }
  }

  listByIdentity(identityKey: string, now: number): SessionRecord[] {
    return [...this.#storage.ofIdentity(identityKey)].filter((record) => record.expiresAt > now)
  }

  deleteByIdentity(identityKey: string, exceptKey: string | null, now: number): number {
    const records = this.listByIdentity(identityKey, now).filter((record) => record.key !== exceptKey)
    for (const record of records) this.#storage.remove(record.key)
    return records.length
  }

  /** All in one page: it holds no more than references to what is in memory anyway. */
  scan(_cursor: string | null, _limit: number, now: number): { records: SessionRecord[]; cursor: null } {
    return { records: [...this.#storage.records()].filter((record) => record.expiresAt > now), cursor: null }
  }

  ping(): void {
    void this.#storage.size
  }

  close(): void {}

  #apply(operation: WriteOperation, now: number): WriteOutcome {
    const storage = this.#storage
    if (operation.kind === 'putState') return this.#putState(operation.record)
    if (operation.kind === 'takeState') return this.#takeState(operation.key, now)
    const { key } = operation
    const live = this.#live(key, now)
    switch (operation.kind) {
      case 'insert':
        return live === null && this.#store(operation.record)
      case 'put':
        return this.#store(operation.record)
      case 'replace':
        return live !== null && this.#overwrite(live, operation.record)
      case 'swap':
        if (live === null) return 'gone'
        if (live.version !== operation.ifVersion || live.expiresAt !== operation.ifExpiresAt) return 'conflict'
        this.#overwrite(live, operation.record)
        return 'written'
      case 'touch': {
        if (live === null) return null
        const expiresAt = Math.min(operation.expiresAt, live.deadline ?? operation.expiresAt)
        storage.write({ ...live, expiresAt })
        return expiresAt
      }
      case 'delete':
        storage.remove(key)
        return live !== null
      case 'rotate': {
        if (live === null) return null
        if (this.#live(operation.newKey, now) !== null) return 'taken'
        const record = { ...live, key: operation.newKey }
        storage.remove(key)
        storage.write(record)
        return record
      }
    }
  }

  #live(key: string, now: number): SessionRecord | null {
    const record = this.#storage.get(key)
    return record !== null && record.expiresAt > now ? record : null
  }

  /** Writes a whole record, and makes room by removing the one that has gone unused longest. */
  #store(record: SessionRecord): true {
    this.#storage.write(record)
    if (this.#storage.size > this.#maxSessions) this.#storage.removeLeastRecent()
    return true
  }

  #overwrite(live: SessionRecord, record: SessionRecord): true {
    const { createdAt, deadline } = live
    const isOwn = record.createdAt === createdAt && record.deadline === deadline
    const expiresAt = Math.min(record.expiresAt, deadline ?? record.expiresAt)
    this.#storage.write(isOwn ? record : { ...record, createdAt, deadline, expiresAt })
    return true
  }

  #putState(record: StateRecord): true {
    const { states } = this.#storage
    states.delete(record.key)
    states.set(record.key, record)
    // A flood of sign-ins that nobody finishes must not fill the memory either.
    if (states.size > this.#maxSessions) states.delete(states.keys().next().value as string)
    return true
  }

  #takeState(key: string, now: number): StateRecord | null {
    const record = this.#storage.states.get(key)
    if (record === undefined) return null
    this.#storage.states.delete(key)
    return record.expiresAt > now ? record : null
  }
}
