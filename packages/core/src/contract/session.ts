import type { JsonObject } from './json.ts'

/** A person as an identity provider knows them. */
export interface Identity {
  /** The provider's name, e.g. `'github'`. */
  providerId: string
  /** The person's id at that provider, e.g. `'user_888'`. Compared exactly: no case folding, no trimming. */
  externalId: string
  email?: string
  username?: string
  /** Free-form facts about the person. A loaded identity has `{}` where none were given. */
  attributes?: Record<string, string>
}

/** The two fields of an {@link Identity} that say who it is. */
export type IdentityRef = Pick<Identity, 'providerId' | 'externalId'>

/** One browser's session. */
export interface Session<Data extends object = JsonObject> {
  /** The secret that the browser holds. */
  readonly id: string
  /**
   * Names the session in lists and for `deleteByHandle`. Its {@link SessionSummary} has the same handle. It is no use as a
   * cookie. A rotation changes it.
   */
  readonly handle: string
  /** Who is signed in; null for an anonymous session. */
  identity: Identity | null
  /** The application's own JSON. */
  data: Data
  readonly createdAt: Date
  /** When it was last created, saved, updated, touched or rotated. */
  readonly lastSeenAt: Date
  /** When `create` or `rotate` last gave it an identity. Null where neither did, or where a later write changed the person. */
  readonly authenticatedAt: Date | null
  /** From this instant on, the session does not exist. */
  expiresAt: Date
  /** Its own idle time in ms: a touch without a `ttl` renews the expiry by it. */
  readonly ttlMs: number
  /**
   * `expiresAt` never moves past this instant. Only a sign-in by `rotate`, or saving a session that is built by hand, sets
   * a later one. Null: no limit.
   */
  readonly deadline: Date | null
  /** Opaque; a new one at every write of data or identity. A touch keeps it, and so does a rotation that changes nothing else. */
  readonly version: string
}

/**
 * A session that a caller may `save`. With a `version`, it comes from a store. Without one, the caller built it by hand: it
 * is another session under that id. Defaults of a session that is built by hand: `identity` null, `data` `{}`, `createdAt`
 * now, `expiresAt` now plus the store's `ttl`, `deadline` and `authenticatedAt` null, `ttlMs` the time left until
 * `expiresAt` or the deadline, whichever comes first. A save does not read `handle` and `lastSeenAt`.
 */
export type SessionInput<Data extends object = JsonObject> = Pick<Session<Data>, 'id'> & Partial<Session<Data>>

/** A session as a list shows it: without the secret. */
export type SessionSummary<Data extends object = JsonObject> = Omit<Session<Data>, 'id'>
