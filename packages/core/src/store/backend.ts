import type { SessionError } from '../contract/errors.ts'

/** A session as a backend stores it. All instants are epoch milliseconds; every string but `payload` is ASCII. */
export interface SessionRecord {
  /** The primary key: the SHA-256 of the id in base64url, with a `=` before it where the store keeps ids plain. At most 64 characters. */
  readonly key: string
  /** Opaque, at most 64 characters. */
  readonly version: string
  readonly createdAt: number
  /** The last create, save, update, touch or rotation. Null in a record that an older version of this package wrote. */
  readonly lastSeenAt: number | null
  readonly expiresAt: number
  /** The session's own idle time, 1 ms to 100 years. Null in a record of an older version, like `lastSeenAt`. */
  readonly ttlMs: number | null
  readonly deadline: number | null
  /**
   * Stands for the provider id and the external id: 1 to 64 printable ASCII characters without a space. Null for an
   * anonymous session. The backend indexes it.
   */
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

/** A record that is written over a stored one. */
export interface ChangedRecord extends SessionRecord {
  /** True: the stored expiry stays. `expiresAt` is then the expiry that the caller last saw. */
  readonly keepsExpiry: boolean
}

/** The times that a write keeps or bounds, with the values that are stored after the write. */
export interface StoredTimes {
  readonly createdAt: number
  readonly expiresAt: number
  readonly ttlMs: number | null
  readonly deadline: number | null
}

/**
 * The writes. "Live" means `expiresAt > now`, with the `now` given to the call; each write is atomic.
 * - `insert`: writes the record where no live session has the key, over an expired one if need be, and resolves with true.
 *   Else it writes nothing and resolves with false.
 * - `put`: inserts or replaces everything, and resolves with true. With `ifLive` it replaces a live session only, and
 *   resolves with false where there is none.
 * - `replace`: where a live session has the key, writes version, lastSeenAt, identityKey, payload and expiry. The new
 *   expiry is `min(expiresAt, stored deadline)`; expiresAt is the stored one where the record keeps it, else the record's.
 *   It resolves with the stored times. The stored createdAt, ttlMs and deadline stay; those in the record are the ones that
 *   the caller last saw. It resolves with null where no live session has the key.
 * - `compareAndSwap`: like `replace`, but only where the stored version is `ifVersion`. Else it resolves with `'conflict'`,
 *   or with `'gone'` where no live session has the key. A touch in between is not a conflict.
 * - `touch`: in a live session, sets lastSeenAt to `seenAt` and expiresAt to
 *   `min(seenAt + (ttlMs ?? stored ttlMs ?? defaultTtlMs), stored deadline)`, and nothing else. It resolves with the new
 *   expiry, or with null where no live session has the key.
 * - `delete`: removes the record under the key, readable or not, and resolves with true where it was live. With
 *   `ifIdentityKeys` it removes only a session whose identityKey is one of these; any other stays, and the answer is false.
 * - `rotate`: where the stored version is `ifVersion`, moves a live session to `newKey` and writes the whole record there.
 *   The record's key is `newKey`; its version may be the stored one. Else it resolves with `'conflict'` or `'gone'`. Where
 *   the record keeps the stored expiry, the record's deadline bounds it. The core has just made `newKey` from 256 random
 *   bits. Where it is in use all the same, the result is `'taken'` and nothing is written.
 * - `putState`: inserts or replaces. `consumeState`: removes the state and resolves with it, once; null where no live one
 *   has the key.
 *
 * A driver may repeat a write after its connection was cut. The backend must not apply that write twice, and must not
 * report its own first attempt as a conflict. Each version belongs to one write only, so the backend can tell.
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

/** The result of each kind of write. */
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
 * The storage primitives that a backend author writes. `createSessionStore` builds a whole store on them.
 *
 * Reads and writes come in batches of operations that were waiting at the same moment. Keys are unique and sorted within a
 * batch. Several batches may be under way at once, never two with the same key.
 *
 * A call rejects (or throws) only when none of its operations is known to have been applied: a lost connection, a refused
 * statement. Where one operation of a batch fails alone, its outcome is an `Error`; so is the entry of a record that cannot
 * be read. The error may be the driver's own: `toSessionError` turns it into a `SessionError`.
 *
 * A caller hears `SESS_TIMEOUT` after the store's `timeoutMs`, whatever the backend does. A write that has not been
 * answered by then keeps later operations on its key from being sent until its call settles. So a backend settles a call as
 * soon as it knows that the write has taken effect or never will: the server answered, the write was cancelled, or the
 * server's own limit has passed.
 */
export interface SessionBackend {
  /** The store's type, e.g. `'redis'`, for messages and traces. */
  readonly type: string
  /**
   * The kinds of write that the backend accepts. A store needs `put`, `replace` and `delete`. Every other kind adds a
   * capability.
   */
  readonly writes: readonly WriteKind[]
  /** True where the server removes expired records by itself: then no background clean-up runs by default. */
  readonly expiresByItself?: boolean
  /**
   * The most records that one step of a clean-up removes. Give fewer where a step blocks the event loop or the server. Left
   * out: 256.
   */
  readonly cleanUpStep?: number
  /** How the core gathers operations into batches. Left out: `{ maxOperations: 64, readLanes: 2, writeLanes: 2 }`. */
  readonly batching?: Batching

  /** Connects, migrates. The core calls it before the first use and again after a failure, never twice at once. */
  open?(): Awaitable<void>
  /** Returns one entry per key, in the same order. It may return an expired record; the store drops it. */
  read(keys: readonly string[]): Awaitable<readonly (SessionRecord | Error | null)[]>
  /** Returns one outcome per operation, in the same order. Sessions and states have separate keys. */
  write(operations: readonly WriteOperation[], now: number): Awaitable<readonly WriteOutcome[]>
  /** Returns the number of live sessions. */
  count?(now: number): Awaitable<number>
  /**
   * Runs one step of a clean-up: removes at most about `limit` expired sessions and states, oldest first, and checks the
   * expiry again as it removes. The next step gets the cursor of this one, so that it does not visit removed entries again.
   */
  cleanExpired?(cursor: string | null, limit: number, now: number): Awaitable<CleanedPage>
  /**
   * Returns a page of about `limit` live sessions of one identity, in any order. The pages together have every session that
   * the identity had at the first call. A session that is rotated meanwhile is among them, and may come twice.
   */
  listByIdentity?(identityKey: string, cursor: string | null, limit: number, now: number): Awaitable<RecordPage>
  /**
   * Runs one step of a sign-out: removes at most about `limit` live sessions of one identity, readable or not, but not the
   * one with `exceptKey`. The steps together end every session that the identity had at the first step, rotated meanwhile
   * or not. They come to an end even while new sessions keep beginning.
   */
  deleteByIdentity?(
    identityKey: string,
    exceptKey: string | null,
    cursor: string | null,
    limit: number,
    now: number,
  ): Awaitable<RemovedPage>
  /** Returns a page of about `limit` live sessions. */
  scan?(cursor: string | null, limit: number, now: number): Awaitable<RecordPage>
  /**
   * Returns the server's clock in epoch ms. A clean-up asks for it, so that a process whose clock is ahead removes nothing
   * live.
   */
  serverTime?(): Awaitable<number>
  /**
   * Tells whether `newKey` lies beside `key`, for a backend that can rotate only within one place (a cluster's slot). The
   * store draws ids until one fits, so about one id in a few hundred should fit. Left out: every key fits.
   */
  colocated?(key: string, newKey: string): boolean
  /** Resolves when the backend answers. */
  ping(): Awaitable<void>
  /** Releases what the backend opened itself, never a client that was handed in. */
  close(): Awaitable<void>
  /** Returns the `SessionError` for an error of the driver; undefined for an error that it does not know. */
  toSessionError?(error: unknown): SessionError | undefined
}

/** One step of work that goes in steps. The first step gets a null cursor. A null cursor in the answer ends the work. */
interface Page {
  readonly cursor: string | null
}

/** An Error stands for a record that cannot be read. */
export interface RecordPage extends Page {
  readonly records: readonly (SessionRecord | Error)[]
  /** The keys of records that cannot be read, so that a sign-out ends these too. Left out: no such key is known. */
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
  /** The most operations in one batch. A queue of more than 32 is split evenly over the free lanes. */
  readonly maxOperations: number
  /** How many batches of reads may be under way at once. */
  readonly readLanes: number
  /** How many batches of writes may be under way at once. */
  readonly writeLanes: number
  /**
   * How long an idle lane gathers writes before it sends: until the current microtasks are done, or until the current
   * `'turn'` of the event loop is done. Use `'turn'` where a batch blocks the loop, as no write can join a batch that is
   * under way. Left out: `'microtasks'`.
   */
  readonly gatherWritesFor?: 'microtasks' | 'turn'
  /**
   * Which operations run alone at the call, instead of being gathered. Use it where the backend answers in the same tick:
   * it returns plain values, no promises. `'all'`: every operation. `'first-read'`: the first read; reads that follow it in
   * the same microtasks are gathered. If the backend answers that first read with a promise, the read is sent again in its
   * turn. Left out: none.
   */
  readonly immediate?: 'first-read' | 'all'
}
