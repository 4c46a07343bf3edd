import type { Capabilities } from './capabilities.ts'
import type { JsonObject } from './json.ts'
import type { Identity, IdentityRef, Session, SessionInput, SessionSummary } from './session.ts'

/** A span of time: a number of milliseconds, or a strict string such as `'24h'`, `'2h30m'`, `'500ms'`. */
export type Duration = number | string

export interface CreateOptions<Data extends object = JsonObject> {
  /** Left out or null: an anonymous session. */
  identity?: Identity | null
  /** Left out: `{}`. */
  data?: Data
  /** Time to live from now. Left out: the store's own `ttl` option (24 h by default). */
  ttl?: Duration
  /** The absolute limit: `expiresAt` never moves past it. Left out or null: none. */
  deadline?: Date | null
}

export interface TouchOptions {
  /** Time to live from now. Left out: the store's own `ttl` option (24 h by default). */
  ttl?: Duration
}

export interface PutStateOptions {
  /** The state's own text, where the caller has made one. Left out: 256 random bits, base64url. */
  state?: string
  /** Only a request with the same User-Agent gets the state. Left out: it is bound to none. */
  userAgent?: string
  /** What the callback needs, e.g. a PKCE verifier and a return URL. Left out: `{}`. */
  data?: JsonObject
  /** Time to live from now. Left out: 10 minutes. */
  ttl?: Duration
}

export interface ConsumeStateOptions {
  userAgent?: string
}

/** What an update does with a session: alters it in place, or returns another one with the same id. */
export type SessionChange<Data extends object = JsonObject> = (
  session: Session<Data>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a change in place returns nothing
) => Session<Data> | void | Promise<Session<Data> | void>

/** What a consumed one-time state carried. */
export interface ConsumedState {
  data: JsonObject
  createdAt: Date
}

/**
 * Where sessions live. Every promise here holds for every store, and `@sess/core/conformance` checks each of them.
 *
 * A session with `expiresAt <= now` is absent on every path, whether or not anything has cleaned up. An outage is an
 * error, never "not found". Two operations on one id issued by one caller in order take effect in that order, awaited
 * or not. Every method can reject with `SESS_UNAVAILABLE` (the backend can't be reached), `SESS_TIMEOUT` (no answer
 * within the store's `timeoutMs`), `SESS_CLOSED` (after `close`) and, where the store's `capabilities` lack it,
 * `SESS_UNSUPPORTED`. An argument of the wrong type or form is a `TypeError`.
 */
export interface SessionStore<Data extends object = JsonObject> extends AsyncDisposable {
  /** What this store can do; frozen. */
  readonly capabilities: Capabilities

  /**
   * Inserts a new session under an id made by the store: 256 CSPRNG bits, base64url.
   * @throws `SESS_COLLISION` when a few ids in a row were taken, `SESS_NOT_SERIALIZABLE`, `SESS_TOO_LARGE`
   */
  create(options?: CreateOptions<Data>): Promise<Session<Data>>

  /**
   * Writes a session and resolves with what is now stored. Built by hand (no `version`), it is inserted or replaces what
   * is there. From a store (with a `version`), it is written only where it still exists; last write wins. One whose
   * `expiresAt` has passed is deleted. The stored `createdAt` and `deadline` of an existing session stay as they are, and the
   * answer has them.
   * @throws `SESS_GONE` when it was deleted, expired or rotated away; then nothing is written.
   * @throws `SESS_NOT_SERIALIZABLE` naming the path of the value, `SESS_TOO_LARGE`
   */
  save(session: SessionInput<Data>): Promise<Session<Data>>

  /**
   * The live session, or null for an unknown, expired or malformed id.
   * @throws `SESS_CORRUPT` when what is stored under the id was not written by sess
   */
  load(id: string): Promise<Session<Data> | null>

  /** Removes the session; true where a live one was removed. */
  delete(id: string): Promise<boolean>

  /**
   * Atomic read-modify-write. `change` gets a fresh session, alters it in place or returns another (it may be async), and
   * runs again when another writer of data came between; a touch never makes it run again, and the expiry that a touch gave
   * stays unless the change moved it. It runs in the async context of the call. Null where there is no session, also when
   * it went away meanwhile. While an async change runs, further updates and rotations of the session wait in this process;
   * loads, exists, touches, saves and deletes pass it.
   * @throws `SESS_CONFLICT` after a bounded number of tries, `SESS_TIMEOUT` where the change has not ended after
   * `updateTimeoutMs`, and whatever `change` throws; then nothing is written.
   */
  update(id: string, change: SessionChange<Data>): Promise<Session<Data> | null>

  /** Moves `expiresAt` to `min(now + ttl, deadline)` and writes nothing else. Resolves with it, or null: a touch never revives. */
  touch(id: string, options?: TouchOptions): Promise<Date | null>

  /**
   * A new id for the same session in one atomic step: the old id is dead when it resolves, and alive if it rejects. Null
   * where there is no session.
   * @throws `SESS_CORRUPT` where the session cannot be read, `SESS_CONFLICT` after a bounded number of tries
   */
  rotate(id: string): Promise<Session<Data> | null>

  /** True where a live session has this id. */
  exists(id: string): Promise<boolean>

  /** How many live sessions there are. */
  count(): Promise<number>

  /** Removes what has expired, in bounded steps, and resolves with how many sessions that was. */
  cleanExpired(): Promise<number>

  /** The live sessions of one person, oldest first. One that cannot be read is left out; `onBackgroundError` hears of it. */
  listByIdentity(ref: IdentityRef): Promise<SessionSummary<Data>[]>

  /** Ends all sessions of one person, or all but the one whose id is `except`. Resolves with how many live ones ended. */
  deleteByIdentity(ref: IdentityRef, options?: { except?: string }): Promise<number>

  /** Ends the session that a `SessionSummary` named; true where a live one was removed. */
  deleteByHandle(handle: string): Promise<boolean>

  /**
   * Stores a one-time state, e.g. of an OAuth2 sign-in, and resolves with it. A `state` that is stored already is replaced.
   * @throws `SESS_NOT_SERIALIZABLE`, `SESS_TOO_LARGE`
   */
  putState(options?: PutStateOptions): Promise<string>

  /** Takes a state, once: of any number of simultaneous callers one gets it. Any attempt burns it, a wrong User-Agent too. */
  consumeState(state: string, options?: ConsumeStateOptions): Promise<ConsumedState | null>

  /**
   * Every live session, in bounded memory and no order. One that changes while this runs may be seen in either form, and one
   * that is rotated twice or not at all. One that cannot be read is left out; `onBackgroundError` hears of it.
   */
  entries(): AsyncIterableIterator<SessionSummary<Data>>

  /** Resolves when the backend answers. */
  ping(): Promise<void>

  /**
   * Waits for every call that began before it, then releases what the store opened itself; a client, pool or database handed
   * in stays open. It always resolves: `onBackgroundError` hears of what failed. Every later call rejects with
   * `SESS_CLOSED`, except `close`, which resolves again.
   */
  close(): Promise<void>
}
