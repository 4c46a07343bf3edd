import type { SessionError } from '../contract/errors.ts'

/** A session as a backend stores it. All instants are epoch milliseconds; every text but `payload` is ASCII. */
export interface SessionRecord {
  /** The primary key: the SHA-256 of the id in base64url, or the id itself where the store keeps ids plain. At most 512 characters. */
  readonly key: string
  /** Opaque, at most 64 characters. */
  readonly version: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly deadline: number | null
  /** Names provider and external id in 1 to 64 printable characters without a space; null for an anonymous session. To be indexed. */
  readonly identityKey: string | null
  /** The encoded identity and data: JSON text without NUL characters or lone surrogates. Stored and returned byte for byte. */
  readonly payload: string
}

/** A one-time state as a backend stores it. */
export interface StateRecord {
  readonly key: string
  readonly expiresAt: number
  readonly payload: string
}

/**
 * The writes. "Live" means `expiresAt > now`, with the `now` given to the call; each is atomic for itself.
 * - `insert`: true where no live session had the key (an expired one is overwritten), else false and nothing written.
 * - `put`: inserts or replaces everything.
 * - `replace`: where a live session has the key, writes version, identityKey, payload and
 *   `min(record.expiresAt, stored deadline)`, and leaves createdAt and deadline. False where there is none.
 * - `swap`: the same, only where the stored version is `ifVersion` and the stored expiresAt is `ifExpiresAt` (a touch that came
 *   between must not be undone): `'written'`, `'conflict'` where either is another, `'gone'` where none is live.
 * - `touch`: sets expiresAt of a live session to `min(expiresAt, stored deadline)` and nothing else; resolves with it, or null.
 * - `delete`: removes whatever has the key; true where that was live.
 * - `rotate`: gives a live session another key and changes nothing else; resolves with the record under its new key, or null.
 *   `newKey` has just been made from 256 random bits; `'taken'` where it is in use all the same.
 * - `putState`: inserts or replaces. `takeState`: removes and returns, once; null where there is none live.
 */
export type WriteOperation =
  | { readonly kind: 'insert'; readonly key: string; readonly record: SessionRecord }
  | { readonly kind: 'put'; readonly key: string; readonly record: SessionRecord }
  | { readonly kind: 'replace'; readonly key: string; readonly record: SessionRecord }
  | {
      readonly kind: 'swap'
      readonly key: string
      readonly record: SessionRecord
      readonly ifVersion: string
      readonly ifExpiresAt: number
    }
  | { readonly kind: 'touch'; readonly key: string; readonly expiresAt: number }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'rotate'; readonly key: string; readonly newKey: string }
  | { readonly kind: 'putState'; readonly key: string; readonly record: StateRecord }
  | { readonly kind: 'takeState'; readonly key: string }

export type WriteKind = WriteOperation['kind']

/** What each kind of write resolves with. */
export interface WriteResults {
  insert: boolean
  put: true
  replace: boolean
  swap: 'written' | 'conflict' | 'gone'
  touch: number | null
  delete: boolean
  rotate: SessionRecord | 'taken' | null
  putState: true
  takeState: StateRecord | null
}

/** The outcome of one write of a batch: its result, or the error with which this one alone failed. */
export type WriteOutcome = WriteResults[WriteKind] | Error

type Awaitable<T> = T | Promise<T>

/**
 * The storage primitives that a backend author writes; `createSessionStore` makes a whole store of them.
 *
 * Reads and writes come in batches of operations that were waiting at the same moment. Keys are unique and sorted within
 * a batch. Several batches may be under way at once, never two with the same key.
 *
 * A call rejects (or throws) only when none of its operations is known to have been applied: a lost connection, a refused
 * statement. Where one operation of a batch fails alone, its outcome is an `Error`. Any error may be the driver's own:
 * `toSessionError` makes a `SessionError` of it.
 */
export interface SessionBackend {
  /** The store's type, e.g. `'redis'`, for messages and traces. */
  readonly type: string
  /** The kinds of write it accepts. A store needs `put`, `replace` and `delete`; each other kind brings its capability. */
  readonly writes: readonly WriteKind[]
  /** True where the server removes expired records by itself: then no background clean-up runs by default. */
  readonly expiresByItself?: boolean
  /** The most records that one step of a clean-up removes. Fewer where a step blocks the event loop or the server. Left out: 256. */
  readonly cleanUpStep?: number
  /** How operations are gathered. Left out: `{ maxOperations: 64, readLanes: 2, writeLanes: 2 }`. */
  readonly batching?: Batching

  /** Called before the first use, again after it failed, never twice at once: connect, migrate. */
  open?(): Awaitable<void>
  /** One entry per key, in the same order; an expired record may be returned, the store drops it. */
  read(keys: readonly string[]): Awaitable<readonly (SessionRecord | null)[]>
  /** One outcome per operation, in the same order. Sessions and states have separate keys. */
  write(operations: readonly WriteOperation[], now: number): Awaitable<readonly WriteOutcome[]>
  /** How many sessions are live. */
  count?(now: number): Awaitable<number>
  /** Removes at most about `limit` expired sessions and states, oldest first, re-checking expiry as it removes. */
  cleanExpired?(now: number, limit: number): Awaitable<{ readonly sessions: number; readonly more: boolean }>
  /** The live sessions of one identity, in any order. */
  listByIdentity?(identityKey: string, now: number): Awaitable<readonly SessionRecord[]>
  /** Removes the sessions of one identity, but not the one with `exceptKey`; resolves with how many of them were live. */
  deleteByIdentity?(identityKey: string, exceptKey: string | null, now: number): Awaitable<number>
  /** A page of about `limit` live sessions from `cursor` on (null: from the beginning); a null cursor in the answer ends it. */
  scan?(
    cursor: string | null,
    limit: number,
    now: number,
  ): Awaitable<{ readonly records: readonly SessionRecord[]; readonly cursor: string | null }>
  /**
   * Where a rotation needs the new key beside the old one (a cluster's slot): whether `newKey` is. The store draws ids until
   * it is, so about one id in a few hundred should do. Left out: any key will do.
   */
  colocated?(key: string, newKey: string): boolean
  /** Resolves when the backend answers. */
  ping(): Awaitable<void>
  /** Releases what the backend opened itself, and nothing that was handed in. */
  close(): Awaitable<void>
  /** The `SessionError` for an error of the driver; undefined for one it does not know. */
  toSessionError?(error: unknown): SessionError | undefined
}

export interface Batching {
  /** The most operations in one batch. Where more than 32 wait, each lane that is free gets its share of them. */
  readonly maxOperations: number
  /** How many batches of reads may be under way at once. */
  readonly readLanes: number
  /** How many batches of writes may be under way at once. */
  readonly writeLanes: number
  /**
   * How long an idle lane gathers writes before it sends: until the running microtasks are done, or the running `'turn'`
   * of the event loop. The latter is worth it where a batch blocks the loop: no further write can join while it is under
   * way, and requests that arrived together are told of in one turn. Left out: `'microtasks'`.
   */
  readonly gatherWritesFor?: 'microtasks' | 'turn'
  /**
   * What runs at the call, alone, instead of being gathered: worth it where the backend answers in the same tick (it
   * returns plain values). `'all'`: everything, as nothing gains from company. `'first-read'`: a read, and those that are
   * asked for beside it gather; one that is answered by a promise after all is made again in its turn. Left out: nothing.
   */
  readonly immediate?: 'first-read' | 'all'
}
