import type {
  CleanedPage,
  RecordPage,
  RemovedPage,
  SessionBackend,
  SessionRecord,
  WriteOperation,
  WriteOutcome,
} from '@sess/core'
import type { Connection } from './connection.ts'
import { toSessionError } from './errors.ts'
import { isSameBucket, KeyLayout } from './key-layout.ts'
import { decodeRecord, instantText } from './record-text.ts'
import { type Script, scripts } from './scripts.ts'
import { kindLetters, operandsOf, outcomeOf } from './writes.ts'

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
  readonly writes = [
    'insert',
    'put',
    'replace',
    'compareAndSwap',
    'touch',
    'delete',
    'rotate',
    'putState',
    'consumeState',
  ] as const
  readonly expiresByItself = true
  readonly batching = { maxOperations: 64, readLanes: 3, writeLanes: 3 } as const
  /** One of each bucket: the script holds up the server, with everyone who waits for it, for a millisecond. */
  readonly cleanUpStep = 64
  readonly toSessionError = toSessionError
  readonly #connection: Connection
  readonly #sessions: KeyLayout
  readonly #states: KeyLayout

  constructor({ connection, sessionPrefix, statePrefix }: RedisBackendOptions) {
    this.#connection = connection
    this.#sessions = new KeyLayout(sessionPrefix)
    this.#states = new KeyLayout(statePrefix)
  }

  open(): Promise<void> {
    return this.#connection.open()
  }

  async read(keys: readonly string[]): Promise<(SessionRecord | null)[]> {
    const recordKeys = keys.map((key) => this.#sessions.recordKeyOf(key))
    // One master that is down fails the reads that are its own.
    const values = this.#connection.isCluster
      ? await Promise.all(
          recordKeys.map((key) => this.#connection.run(scripts.read, [key], []).catch((error: Error) => error)),
        )
      : await this.#connection.mget(recordKeys)
    // An Error in a record's place fails that read alone, as one in an outcome's place does.
    return values.map((value, index) =>
      typeof value === 'string' ? decodeRecord(keys[index] as string, value) : value,
    ) as (SessionRecord | null)[]
  }

  async write(operations: readonly WriteOperation[], now: number): Promise<WriteOutcome[]> {
    // One script is one atomic step and may touch one slot, so on a Cluster each write goes by itself.
    const groups = this.#connection.isCluster ? operations.map((operation) => [operation]) : [operations]
    return (await Promise.all(groups.map((group) => this.#writeTogether(group, now)))).flat()
  }

  async count(now: number): Promise<number> {
    const counts = await this.#runInBuckets(this.#sessions, scripts.count, [instantText(now)])
    return counts.reduce<number>((sum, live) => sum + Number(live), 0)
  }

  async cleanExpired(_cursor: string | null, limit: number, now: number): Promise<CleanedPage> {
    const args = [instantText(now), String(Math.ceil(limit / this.#sessions.buckets.length))]
    const [sessions, states] = (await Promise.all([
      this.#runInBuckets(this.#sessions, scripts.clean, args),
      this.#runInBuckets(this.#states, scripts.clean, args),
    ])) as [number[][], number[][]]
    return {
      sessions: sessions.reduce((sum, [removed]) => sum + Number(removed), 0),
      cursor: [...sessions, ...states].some(([, more]) => Number(more) === 1) ? 'next' : null,
    }
  }

  async listByIdentity(identityKey: string, _cursor: string | null, _limit: number, now: number): Promise<RecordPage> {
    const found = (await this.#runInBuckets(this.#sessions, scripts.list, [
      instantText(now),
      identityKey,
    ])) as string[][]
    const records = found.flatMap((pairs) => liveRecords(pairs, now))
    return {
      records: records.filter((record) => record instanceof Error || record.identityKey === identityKey),
      cursor: null,
    }
  }

  async deleteByIdentity(
    identityKey: string,
    exceptKey: string | null,
    _cursor: string | null,
    _limit: number,
    now: number,
  ): Promise<RemovedPage> {
    const ended = await this.#runInBuckets(this.#sessions, scripts.revoke, [
      instantText(now),
      identityKey,
      exceptKey ?? '',
    ])
    return { ended: ended.reduce<number>((sum, live) => sum + Number(live), 0), cursor: null }
  }

  /** The cursor is a bucket's number and the server's cursor in it. */
  async scan(cursor: string | null, limit: number, now: number): Promise<RecordPage> {
    const { buckets } = this.#sessions
    const [start, within] = (cursor ?? '0 0').split(' ') as [string, string]
    const records: (SessionRecord | Error)[] = []
    let position = within
    let index = Number(start)
    while (index < buckets.length && records.length < limit) {
      const page = await this.#connection.run(
        scripts.scan,
        [buckets[index] as string],
        [instantText(now), position, String(limit)],
      )
      const [next, ...pairs] = page as [string, ...string[]]
      records.push(...liveRecords(pairs, now))
      position = next
      if (next === '0') index += 1
    }
    return { records, cursor: index < buckets.length ? `${index} ${position}` : null }
  }

  /** A Cluster finds the new record in the old one's slot, as one script may only touch one. */
  colocated(key: string, newKey: string): boolean {
    return !this.#connection.isCluster || isSameBucket(key, newKey)
  }

  async serverTime(): Promise<number> {
    const [seconds, micros] = (await this.#connection.run(scripts.time, [this.#sessions.buckets[0] as string], [])) as [
      string,
      string,
    ]
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
  }

  ping(): Promise<void> {
    return this.#connection.ping()
  }

  close(): void {
    this.#connection.leave()
  }

  async #writeTogether(operations: readonly WriteOperation[], now: number): Promise<WriteOutcome[]> {
    const keys: string[] = []
    const furtherKeys: string[] = []
    const args: string[] = [instantText(now), '']
    let kinds = ''
    for (const operation of operations) {
      const { kind, key } = operation
      const layout = kind === 'putState' || kind === 'consumeState' ? this.#states : this.#sessions
      keys.push(layout.recordKeyOf(key))
      if (kind === 'rotate') furtherKeys.push(layout.recordKeyOf(operation.newKey))
      // So that a slot that is on the move is left alone.
      if (this.#connection.isCluster) furtherKeys.push(layout.bucketOf(key))
      kinds += kindLetters[kind]
      const [times, text] = operandsOf(operation, now)
      args.push(times, text)
    }
    args[1] = kinds
    keys.push(...furtherKeys)
    try {
      const replies = (await this.#connection.run(scripts.write, keys, args)) as (number | string)[]
      return operations.map((operation, index) => outcomeOf(operation, replies[index] as number | string))
    } catch (error) {
      return operations.map(() => error as Error)
    }
  }

  /** All buckets at once, or on a Cluster each by itself. */
  #runInBuckets({ buckets }: KeyLayout, script: Script, args: readonly string[]): Promise<unknown[]> {
    return Promise.all(
      this.#connection.isCluster
        ? buckets.map((bucket) => this.#connection.run(script, [bucket], args))
        : [this.#connection.run(script, buckets, args)],
    )
  }
}

/** The live ones of the records that a script found, as key and value in turn; an Error for one that sess did not write. */
function liveRecords(pairs: readonly string[], now: number): (SessionRecord | Error)[] {
  const records: (SessionRecord | Error)[] = []
  for (let index = 0; index < pairs.length; index += 2) {
    const record = decodeRecord(pairs[index] as string, pairs[index + 1] as string)
    if (record instanceof Error || record.expiresAt > now) records.push(record)
  }
  return records
}
