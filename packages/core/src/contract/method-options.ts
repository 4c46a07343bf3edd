import type { JsonObject } from './json.ts'
import type { Identity, IdentityRef, Session, SessionSummary } from './session.ts'

/** A span of time: a number of milliseconds, or a strict string such as `'24h'`, `'2h30m'`, `'500ms'`. */
export type Duration = number | string

export interface CreateOptions<Data extends object = JsonObject> {
  /** Left out or null: an anonymous session. */
  identity?: Identity | null
  /** Left out: `{}`. */
  data?: Data
  /** The session's idle time, from now and from each touch on. Left out: the store's own `ttl` option (24 h by default). */
  ttl?: Duration
  /** The absolute limit: `expiresAt` never moves past it. Left out: now plus the store's `maxLifetime`. Null: none. */
  deadline?: Date | null
}

export interface SaveOptions {
  /**
   * The condition of the write. `'absent'`: no live session has the id. `'exists'`: a live session has it. `'unchanged'`:
   * the stored session has the version of the saved one. Left out: `'exists'` for a session from a store, no condition for
   * a session that is built by hand.
   */
  if?: 'absent' | 'exists' | 'unchanged'
}

export interface LoadOptions {
  /** Touches the session too, where it was last seen longer ago than this. Left out: never touches. */
  touch?: Duration
}

export interface TouchOptions {
  /** Time to live from now, for this once. Left out: the session's own `ttlMs`. */
  ttl?: Duration
}

export interface RotateOptions<Data extends object = JsonObject> {
  /** Signs this person in, or in again. Null: signs out and keeps the session. Left out: the person stays. */
  identity?: Identity | null
  /** Left out: the data stays. */
  data?: Data
  /** The session's idle time (`ttlMs`) from now on. Left out: it stays. */
  ttl?: Duration
  /**
   * The absolute limit. With an `identity`: left out means now plus the store's `maxLifetime`, and null means none. Without
   * an `identity`, the limit can only be made earlier: a later one, and null, leave it as it is.
   */
  deadline?: Date | null
}

export interface ListOptions {
  /** The most sessions to list. Where there are more, the store chooses which ones. Left out: 1,000. */
  limit?: number
}

export interface DeleteByIdentityOptions {
  /** The id of a session that stays. Left out: no session is excepted. */
  except?: string
  /** How many sessions stay: the newest by `authenticatedAt`, then by creation. `except` counts as one of them. Left out: 0. */
  keep?: number
}

export interface DeleteByHandleOptions {
  /** Ends the session only where it is this person's. Left out: any person's. */
  identity?: IdentityRef
}

export interface PutStateOptions {
  /** The state, where the caller has made one. Left out: the store makes one of 256 random bits, base64url. */
  state?: string
  /** Binds the state to this User-Agent: only the same one gets it. Left out: any gets it. */
  userAgent?: string
  /** Data for the callback, e.g. a PKCE verifier and a return URL. Left out: `{}`. */
  data?: JsonObject
  /** Time to live from now. Left out: 10 minutes. */
  ttl?: Duration
}

export interface ConsumeStateOptions {
  userAgent?: string
}

/** The change of an update. It alters the session in place, or returns another one with the same id. */
export type SessionChange<Data extends object = JsonObject> = (
  session: Session<Data>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a change in place returns nothing
) => Session<Data> | void | Promise<Session<Data> | void>

/** The change of `updateByIdentity`, which gets a summary without an id. */
export type SummaryChange<Data extends object = JsonObject> = (
  summary: SessionSummary<Data>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a change in place returns nothing
) => SessionSummary<Data> | void | Promise<SessionSummary<Data> | void>

/** A consumed one-time state. */
export interface ConsumedState {
  data: JsonObject
  createdAt: Date
}
