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
  /** Names the session in lists and for `deleteByHandle`, as its {@link SessionSummary} does; no use as a cookie. A rotation changes it. */
  readonly handle: string
  /** Who is signed in; null for an anonymous session. */
  identity: Identity | null
  /** The application's own JSON. */
  data: Data
  readonly createdAt: Date
  /** When it was last created, saved, updated, touched or rotated. */
  readonly lastSeenAt: Date
  /** When `create` or `rotate` last gave it an identity; null where that never was, or somebody else is signed in since. */
  readonly authenticatedAt: Date | null
  /** From this instant on, the session does not exist. */
  expiresAt: Date
  /** Its own idle time in ms: what a touch without a `ttl` gives it. */
  readonly ttlMs: number
  /** Nothing but a sign-in by `rotate`, or a session that is built by hand, moves `expiresAt` past this instant. Null: no limit. */
  readonly deadline: Date | null
  /** Opaque; a new one at every write of data or identity. A touch keeps it, and so does a rotation that changes nothing else. */
  readonly version: string
}

/**
 * What a caller may build by hand and `save`. With a `version` the session is one that a store gave; without, it is another
 * session under that id, and what is left out is: `identity` null, `data` `{}`, `createdAt` now, `expiresAt` now and the
 * store's `ttl`, `ttlMs` the time left until `expiresAt`, `authenticatedAt` and `deadline` null. `handle` and `lastSeenAt`
 * follow from the rest and are not read.
 */
export type SessionInput<Data extends object = JsonObject> = Pick<Session<Data>, 'id'> & Partial<Session<Data>>

/** A session as a list shows it: without the secret. */
export type SessionSummary<Data extends object = JsonObject> = Omit<Session<Data>, 'id'>
