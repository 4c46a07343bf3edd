import type { SessionError } from '../contract/errors.ts'

/** A session as a backend stores it. All instants are epoch milliseconds; every string but `payload` is ASCII. */
export interface SessionRecord {
  /** The primary key: the SHA-256 of the id in base64url, with a `=` before it where the store keeps ids plain. At most 64 characters. */
  readonly key: string
  /** Opaque, at most 64 characters. */
  readonly version: string
  readonly createdAt: number
  /** The last create, save, update, touch or rotation. Null in a record that a version of this package without it has written. */
  readonly lastSeenAt: number | null
  readonly expiresAt: number
  /** The session's own idle time, 1 ms to 100 years. Null as in `lastSeenAt`. */
  readonly ttlMs: number | null
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

/** A session's record as it is written over a stored one. */
export interface ChangedRecord extends SessionRecord {
  /** True: the stored expiry stays, and `expiresAt` is what the caller believes it to be. */
  readonly keepsExpiry: boolean
}

/** What a write of a session leaves as it was, or bounds: as it is stored once the write has taken effect. */
export interface StoredTimes {
  readonly createdAt: number
  readonly expiresAt: number
  readonly ttlMs: number | null
  readonly deadline: number | null
}

/**
 * The writes. "Live" means `expiresAt > now`, with the `now` given to the call; each is atomic for itself.
 * - `insert`: true where no live session had the key (an expired one is overwritten), else false and nothing written.
 * - `put`: inserts or replaces everything, and resolves with true. With `ifLive` it replaces a live session only, and resolves
 *   with false where there is none.
 * - `replace`: where a live session has the key, writes version, lastSeenAt, identityKey, payload and
 *   `min(expiresAt, stored deadline)`, where expiresAt is the stored one if the record keeps it, else the record's, and resolves
 *   with what is stored then. The stored createdAt, ttlMs and deadline stay; those of the record are what the caller believes
 *   them to be. Null where none is live.
 * - `compareAndSwap`: the same, only where the stored version is `ifVersion`: else `'conflict'`, and `'gone'` where none is live.
 *   A touch that came between is no conflict.
 * - `touch`: of a live session sets lastSeenAt to `seenAt`, and expiresAt to
 *   `min(seenAt + (ttlMs ?? stored ttlMs ?? defaultTtlMs), stored deadline)`, and nothing else; resolves with the latter, or null.
 * - `delete`: removes whatever has the key, readable or not; true where that was live. With `ifIdentityKeys` it removes only a
 *   session whose identityKey is one of these; any other stays, and the answer is false.
 * - `rotate`: where the stored version is `ifVersion`, moves a live session to `newKey` and writes the whole record there (its
 *   key is `newKey`, its version may be the same): else `'conflict'` or `'gone'`. An expiry that the record keeps is bounded
 *   by the record's deadline. `newKey` has just been made from 256 random bits; `'taken'` where it is in use all the same, and
 *   then nothing is written.
 * - `putState`: inserts or replaces. `consumeState`: removes and returns, once; null where there is none live.
 *
 * Whoever makes the same write twice (a driver that repeats what was cut off) must not apply it twice, and must not tell its
 * own first attempt as a conflict: a version is given to one write only.
 */
export type WriteOperation =
  | { readonly kind: 'insert'; readonly key: string; readonly record: SessionRecord }
  | { readonly kind: 'put'; readonly key: string; readonly record: SessionRecord; readonly ifLive?: boolean }
  | { readonly kind: 'replace'; readonly key: string; readonly record: ChangedRecord }
  | {
      readonly kind: 'compareAndSwap'
      readonly key: string
      readonly record: ChangedRecord
      readonly ifVersion: string
    }
  | {
      readonly kind: 'touch'
      readonly key: string
      readonly seenAt: number
      /** Null: the session's own. */
      readonly ttlMs: number | null
      /** For a record without a ttlMs. */
      readonly defaultTtlMs: number
    }
  | { readonly kind: 'delete'; readonly key: string; readonly ifIdentityKeys?: readonly string[] }
  | {
      readonly kind: 'rotate'
      readonly key: string
      readonly newKey: string
      readonly record: ChangedRecord
      readonly ifVersion: string
    }
  | { readonly kind: 'putState'; readonly key: string; readonly record: StateRecord }
  | { readonly kind: 'consumeState'; readonly key: string }

export type WriteKind = WriteOperation['kind']

/** Every kind of write, for a backend that has them all. */
export const writeKinds = Object.freeze([
  'insert',
  'put',
  'replace',
  'compareAndSwap',
  'touch',
  'delete',
  'rotate',
  'putState',
  'consumeState',
] as const) satisfies readonly WriteKind[]

/** What each kind of write resolves with. */
export interface WriteResults {
  insert: boolean
  put: boolean
  replace: StoredTimes | null
  compareAndSwap: StoredTimes | 'conflict' | 'gone'
  touch: number | null
  delete: boolean
  rotate: StoredTimes | 'conflict' | 'gone' | 'taken'
  putState: true
  consumeState: StateRecord | null
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
 * statement. Where one operation of a batch fails alone, its outcome is an `Error`; so is the entry of a record that cannot
 * be read. Any error may be the driver's own: `toSessionError` makes a `SessionError` of it.
 *
 * A caller hears `SESS_TIMEOUT` after the store's `timeoutMs`, whatever the backend does. A write that has not been answered
 * by then keeps later operations on its key from being sent until its call settles. So a backend settles a call once it
 * knows that the write has taken effect or never will: it was answered, cancelled, or the server's own limit has passed.
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
  read(keys: readonly string[]): Awaitable<readonly (SessionRecord | Error | null)[]>
  /** One outcome per operation, in the same order. Sessions and states have separate keys. */
  write(operations: readonly WriteOperation[], now: number): Awaitable<readonly WriteOutcome[]>
  /** How many sessions are live. */
  count?(now: number): Awaitable<number>
  /**
   * One step of a clean-up: removes at most about `limit` expired sessions and states, oldest first, re-checking expiry as it
   * removes. The next step gets the cursor of the one before it, so that it need not pass over what is gone again.
   */
  cleanExpired?(cursor: string | null, limit: number, now: number): Awaitable<CleanedPage>
  /**
   * A page of about `limit` live sessions of one identity, in any order. The pages together have every session that the
   * identity had when the first was asked for, also one that was rotated meanwhile (which may come twice).
   */
  listByIdentity?(identityKey: string, cursor: string | null, limit: number, now: number): Awaitable<RecordPage>
  /**
   * One step of ending the live sessions of one identity: removes at most about `limit` of them, but not the one with
   * `exceptKey`, readable or not. The steps together end every session that the identity had at the first, also one that
   * was rotated meanwhile; they come to an end though further ones begin all the time.
   */
  deleteByIdentity?(
    identityKey: string,
    exceptKey: string | null,
    cursor: string | null,
    limit: number,
    now: number,
  ): Awaitable<RemovedPage>
  /** A page of about `limit` live sessions. */
  scan?(cursor: string | null, limit: number, now: number): Awaitable<RecordPage>
  /** The server's clock in epoch ms: a second opinion for a clean-up, so that a process whose clock is ahead removes nothing live. */
  serverTime?(): Awaitable<number>
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

/** A step of work that goes in steps. The first gets the cursor null, and a null cursor in the answer says that it was the last. */
interface Page {
  readonly cursor: string | null
}

/** An Error stands for a record that cannot be read. */
export interface RecordPage extends Page {
  readonly records: readonly (SessionRecord | Error)[]
  /** The keys of the records that cannot be read: what ends all sessions ends them, too. Left out: none are known. */
  readonly unreadableKeys?: readonly string[]
}

export interface CleanedPage extends Page {
  /** How many sessions this step removed; states do not count. */
  readonly sessions: number
}

export interface RemovedPage extends Page {
  /** How many live sessions this step removed. */
  readonly ended: number
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
