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
  /** Who is signed in; null for an anonymous session. */
  identity: Identity | null
  /** The application's own JSON. */
  data: Data
  readonly createdAt: Date
  /** From this instant on, the session does not exist. */
  expiresAt: Date
  /** No touch, save or rotation moves `expiresAt` past this instant; null for no absolute limit. */
  readonly deadline: Date | null
  /** Opaque; a new one at every write of data or identity. A touch or a rotation keeps it. */
  readonly version: string
}

/**
 * What a caller may build by hand and `save`. Left out: `identity` is null, `data` is `{}`, `createdAt` is now,
 * `deadline` is null. Without a `version` the save inserts or replaces; with one it only writes what still exists.
 */
export type SessionInput<Data extends object = JsonObject> = Pick<Session<Data>, 'id' | 'expiresAt'> &
  Partial<Session<Data>>

/** A session as a list shows it: without the secret, with a handle to delete by. */
export interface SessionSummary<Data extends object = JsonObject> extends Omit<Session<Data>, 'id'> {
  /** Names the session for `deleteByHandle`; no use as a cookie. A rotation changes it. */
  readonly handle: string
}
