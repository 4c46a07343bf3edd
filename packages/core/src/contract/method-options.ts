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
  /** The absolute limit: `expiresAt` never moves past it. Left out: now and the store's `maxLifetime`; null: none. */
  deadline?: Date | null
}

export interface SaveOptions {
  /**
   * What must be true of the session that is stored: `'absent'`, there is none; `'exists'`, there is one; `'unchanged'`, it
   * has the version of the session that is saved. Left out: `'exists'` for a session from a store, nothing for one that is
   * built by hand.
   */
  if?: 'absent' | 'exists' | 'unchanged'
}

export interface LoadOptions {
  /** Touches the session as well where it was last seen longer ago than this. Left out: never. */
  touch?: Duration
}

export interface TouchOptions {
  /** Time to live from now, for this once. Left out: the session's own `ttlMs`. */
  ttl?: Duration
}

export interface RotateOptions<Data extends object = JsonObject> {
  /** Signs this person in, or again. Null: signs out and keeps the session. Left out: whoever it was. */
  identity?: Identity | null
  /** Left out: the data stays. */
  data?: Data
  /** The session's idle time from now on, its `ttlMs`. Left out: it stays. */
  ttl?: Duration
  /**
   * The absolute limit. With an `identity`, left out: now and the store's `maxLifetime`; null: none. Without one, a limit can
   * only be made earlier: a later one, and null, leave it as it is.
   */
  deadline?: Date | null
}

export interface ListOptions {
  /** The most sessions; where there are more, which ones is not said. Left out: 1,000. */
  limit?: number
}

export interface DeleteByIdentityOptions {
  /** The id of a session that stays. Left out: none does. */
  except?: string
  /** How many stay: the newest by `authenticatedAt`, then by creation. `except` counts as one of them. Left out: none. */
  keep?: number
}

export interface DeleteByHandleOptions {
  /** Ends the session only where it is this person's. Left out: whoever's it is. */
  identity?: IdentityRef
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

/** The same for `updateByIdentity`, which knows no ids. */
export type SummaryChange<Data extends object = JsonObject> = (
  summary: SessionSummary<Data>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a change in place returns nothing
) => SessionSummary<Data> | void | Promise<SessionSummary<Data> | void>

/** What a consumed one-time state carried. */
export interface ConsumedState {
  data: JsonObject
  createdAt: Date
}
