import { applyWrite } from '../../src/store/apply-write.ts'
import {
  type CleanedPage,
  type RecordPage,
  type RemovedPage,
  type SessionBackend,
  type SessionRecord,
  type StateRecord,
  type WriteOperation,
  type WriteOutcome,
  writeKinds,
} from '../../src/store/backend.ts'

/** What the backend is asked for: a kind of write, or a method. */
export type Asked = WriteOperation['kind'] | 'read' | 'list' | 'revoke' | 'scan' | 'clean' | 'count' | 'ping' | 'close'

/**
 * A whole backend over a Map, for tests of the store above it: each call waits where the test says so, and can fail. It goes
 * in pages of two records.
 */
export class MapBackend implements SessionBackend {
  readonly type = 'map'
  readonly writes = writeKinds
  records = new Map<string, SessionRecord>()
  readonly states = new Map<string, StateRecord>()
  /** All that was asked for, in order. */
  readonly asked: Asked[] = []
  /** Called before each answer: what it gives is waited for, what it throws is the answer. */
  before: (asked: Asked) => unknown = () => undefined

  async read(keys: readonly string[]): Promise<(SessionRecord | null)[]> {
    await this.#ask('read')
    return keys.map((key) => this.records.get(key) ?? null)
  }

  async write(operations: readonly WriteOperation[], now: number): Promise<WriteOutcome[]> {
    const outcomes: WriteOutcome[] = []
    for (const operation of operations) {
      await this.#ask(operation.kind)
      outcomes.push(this.#apply(operation, now))
    }
    return outcomes
  }

  async count(now: number): Promise<number> {
    await this.#ask('count')
    return [...this.records.values()].filter(({ expiresAt }) => expiresAt > now).length
  }

  async cleanExpired(_cursor: string | null, limit: number, now: number): Promise<CleanedPage> {
    await this.#ask('clean')
    const expired = [...this.records.values()].filter(({ expiresAt }) => expiresAt <= now).slice(0, limit)
    for (const { key } of expired) this.records.delete(key)
    return { sessions: expired.length, cursor: expired.length === limit ? 'more' : null }
  }

  async listByIdentity(identityKey: string, cursor: string | null, _limit: number, now: number): Promise<RecordPage> {
    await this.#ask('list')
    return this.#page(cursor, (record) => record.identityKey === identityKey && record.expiresAt > now)
  }

  async deleteByIdentity(
    identityKey: string,
    exceptKey: string | null,
    _cursor: string | null,
    _limit: number,
    now: number,
  ): Promise<RemovedPage> {
    await this.#ask('revoke')
    const isTheirs = (record: SessionRecord) =>
      record.identityKey === identityKey && record.key !== exceptKey && record.expiresAt > now
    const two = [...this.records.values()].filter(isTheirs).slice(0, 2)
    for (const { key } of two) this.records.delete(key)
    return { ended: two.length, cursor: two.length === 2 ? 'more' : null }
  }

  async scan(cursor: string | null, limit: number, now: number): Promise<RecordPage> {
    // With a limit of one, a store that opens looks which form the keys have.
    if (limit > 1) await this.#ask('scan')
    return this.#page(cursor, (record) => record.expiresAt > now)
  }

  async ping(): Promise<void> {
    await this.#ask('ping')
  }

  async close(): Promise<void> {
    await this.#ask('close')
  }

  async #ask(asked: Asked): Promise<void> {
    this.asked.push(asked)
    await this.before(asked)
  }

  #page(cursor: string | null, isWanted: (record: SessionRecord) => boolean): RecordPage {
    const start = Number(cursor ?? 0)
    const records = [...this.records.values()].filter(isWanted).slice(start, start + 2)
    return { records, cursor: records.length === 2 ? `${start + 2}` : null }
  }

  #apply(operation: WriteOperation, now: number): WriteOutcome {
    const { kind, key } = operation
    const place: Map<string, SessionRecord | StateRecord> =
      kind === 'putState' || kind === 'consumeState' ? this.states : this.records
    const { outcome, record } = applyWrite(operation, place.get(key) ?? null, now)
    if (record === undefined) return outcome
    if (kind === 'rotate' && place.has(operation.newKey)) return 'taken'
    // What stays under its key keeps its place in the pages.
    if (record?.key !== key) place.delete(key)
    if (record !== null) place.set(record.key, record)
    return outcome
  }
}
