import {
  type CleanedPage,
  isSessionError,
  type RecordPage,
  type RemovedPage,
  type SessionBackend,
  type SessionRecord,
  type WriteOperation,
  type WriteOutcome,
  writeKinds,
} from '@sess/core'
import { Buckets } from './buckets.ts'
import type { Connection } from './connection.ts'
import { toSessionError } from './errors.ts'
import { evictionOf } from './eviction.ts'
import { clean, countLive } from './expiry-walk.ts'
import { isSameBucket, KeyLayout, keyOfEntry } from './key-layout.ts'
import { decodeRecord } from './record-text.ts'
import { scripts } from './scripts.ts'
import { SessionsOfPerson } from './sessions-of-person.ts'
import { Writer } from './writer.ts'

export interface RedisBackendOptions {
  readonly connection: Connection
  readonly sessionPrefix: string
  readonly statePrefix: string
  /** Whether a server that may evict keys is refused (the default) or accepted. */
  readonly eviction?: 'refuse' | 'accept'
  /** Hears of what no caller is waiting for. */
  readonly onBackgroundError?: (error: Error) => void
}

/** The storage primitives on one Redis or Valkey server or on a Cluster. */
export class RedisBackend implements SessionBackend {
  readonly type = 'redis'
  readonly writes = writeKinds
  readonly expiresByItself = true
  readonly batching = { maxOperations: 64, readLanes: 3, writeLanes: 3 } as const
  /** Two of each bucket: a step holds up the server, with everyone who waits for it, for about a millisecond. */
  readonly cleanUpStep = 128
  readonly toSessionError = toSessionError
  readonly #options: RedisBackendOptions
  readonly #connection: Connection
  readonly #sessions: Buckets
  readonly #states: Buckets
  readonly #writer: Writer
  readonly #ofPerson: SessionsOfPerson
  #mayEvict = false

  constructor(options: RedisBackendOptions) {
    this.#options = options
    this.#connection = options.connection
    this.#sessions = new Buckets(this.#connection, new KeyLayout(options.sessionPrefix))
    this.#states = new Buckets(this.#connection, new KeyLayout(options.statePrefix))
    this.#writer = new Writer(this.#connection, this.#sessions.layout, this.#states.layout)
    this.#ofPerson = new SessionsOfPerson(this.#sessions, (keys) => this.#readFound(keys))
  }

  /** Asks each master whether it may evict keys. @throws `SESS_CONFIG` where it may, and the application has not accepted that */
  async open(): Promise<void> {
    await this.#connection.open()
    const { eviction = 'refuse', onBackgroundError } = this.#options
    const { buckets } = this.#sessions.layout
    const asked = this.#connection.isCluster ? buckets : buckets.slice(0, 1)
    const policies = (await this.#sessions.onIndexes(scripts.policy, asked, [])) as string[]
    const { mode, mayEvict, warning } = evictionOf(policies, eviction === 'accept')
    this.#writer.mode = mode
    this.#mayEvict = mayEvict
    if (warning !== null) onBackgroundError?.(warning)
  }

  read(keys: readonly string[]): Promise<(SessionRecord | Error | null)[]> {
    const { layout } = this.#sessions
    const recordKeys = keys.map((key) => layout.recordKeyOf(key))
    const decode = (values: readonly (string | Error | null)[]) =>
      values.map((value, index) => (typeof value === 'string' ? decodeRecord(keys[index] as string, value) : value))
    if (!this.#connection.isCluster) return this.#connection.mget(recordKeys, decode)
    return keys.length === 1
      ? this.#connection.run(scripts.read, recordKeys, [], (values) => decode(values as (string | null)[]))
      : this.#readApart(recordKeys).then(decode)
  }

  write(operations: readonly WriteOperation[], now: number): Promise<WriteOutcome[]> {
    return this.#writer.write(operations, now)
  }

  count(now: number): Promise<number> {
    return countLive(this.#sessions, now, this.#mayEvict)
  }

  cleanExpired(cursor: string | null, limit: number, now: number): Promise<CleanedPage> {
    return clean([this.#sessions, this.#states], cursor, limit, now)
  }

  listByIdentity(identityKey: string, cursor: string | null, limit: number, now: number): Promise<RecordPage> {
    return this.#ofPerson.list(identityKey, cursor, limit, now)
  }

  deleteByIdentity(
    identityKey: string,
    exceptKey: string | null,
    cursor: string | null,
    limit: number,
    now: number,
  ): Promise<RemovedPage> {
    return this.#ofPerson.delete(identityKey, exceptKey, cursor, limit, now)
  }

  /** The cursor is a bucket's number and the server's cursor in it. */
  async scan(cursor: string | null, limit: number, now: number): Promise<RecordPage> {
    const { buckets } = this.#sessions.layout
    const [start = '0', within = '0'] = cursor?.split(' ') ?? []
    const entries: string[] = []
    let at = Number(start)
    let position = within
    while (at < buckets.length && entries.length < limit) {
      const asked = buckets.slice(at, this.#connection.isCluster ? at + 1 : undefined)
      const answer = await this.#connection.run(scripts.scan, asked, [position, String(limit - entries.length)])
      const [passed, next, found] = answer as [number, string, string[]]
      at += Number(passed)
      position = next
      entries.push(...found)
    }
    const keys = entries.map(keyOfEntry)
    const found = await this.#readFound(keys)
    const records = found.filter(
      (record) => record instanceof Error || (record !== null && record.expiresAt > now),
    ) as (SessionRecord | Error)[]
    const unreadableKeys = keys.filter((_key, index) => found[index] instanceof Error)
    return { records, unreadableKeys, cursor: at < buckets.length ? `${at} ${position}` : null }
  }

  /** A Cluster finds the new record in the old one's slot, as one script may only touch one. */
  colocated(key: string, newKey: string): boolean {
    return !this.#connection.isCluster || isSameBucket(key, newKey)
  }

  async serverTime(): Promise<number> {
    const anyKey = this.#sessions.layout.buckets[0] as string
    const [seconds, micros] = (await this.#connection.run(scripts.time, [anyKey], [])) as [string, string]
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
  }

  ping(): Promise<void> {
    return this.#connection.ping()
  }

  close(): void {
    this.#connection.leave()
  }

  /** Records that an index names. One that is damaged fails alone; one that cannot be reached fails all, as it may be sound. */
  async #readFound(keys: readonly string[]): Promise<(SessionRecord | Error | null)[]> {
    if (keys.length === 0) return []
    const records = await this.read(keys)
    const failure = records.find((record) => record instanceof Error && !isSessionError(record, 'SESS_CORRUPT'))
    if (failure !== undefined) throw failure
    return records
  }

  /** One by one: a master that is down, or a slot that is on the move, fails the reads that are its own. */
  #readApart(recordKeys: readonly string[]): Promise<(string | Error | null)[]> {
    return Promise.all(
      recordKeys.map((key) =>
        this.#connection.run(scripts.read, [key], []).then(
          (values) => (values as (string | null)[])[0] ?? null,
          (error: Error) => error,
        ),
      ),
    )
  }
}
