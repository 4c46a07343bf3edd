import type { ConsumedState, Duration, Identity, JsonObject, SessionSummary } from '@sess/core'

/** A session of the person who is signed in, as a list of devices shows it. */
export interface Device<Data extends object = JsonObject> extends SessionSummary<Data> {
  /** Whether it is the session of this request. */
  readonly isThis: boolean
}

/** What an update works on. */
export interface Draft<Data extends object = JsonObject> {
  data: Data
}

export interface SignInOptions<Data extends object = JsonObject> {
  /** Left out: the data stays where the session was anonymous or this person's, and is `initial()` where it was another's. */
  data?: Data
  /** The session's idle time. Left out: the option `idle`. */
  idle?: Duration
  /** Its absolute limit from now; null for none. Left out: the option `absolute`. */
  absolute?: Duration | null
  /** Whether the cookie outlives the browser ("remember me"). Left out: the option `persist`. */
  persist?: boolean
}

export interface SignOutOthersOptions {
  /** How many stay: this one, and then those that signed in last. Left out: this one alone. */
  keep?: number
}

export interface BeginSignInOptions {
  /** What the callback needs: a PKCE verifier, where to go afterwards. Default `{}`. */
  data?: JsonObject
  /** How long the person may take. Default 10 minutes. */
  ttl?: Duration
}

/**
 * The session of the browser behind a request. Reading it never writes; nothing is in the store before something is written.
 * Every write rejects with the store's error, and a response that says success (below 400) does not leave after one.
 */
export interface HttpSession<Data extends object = JsonObject> {
  /**
   * The application's data. What the handler changes in it is written when the handler has returned, key by key, and before
   * the response leaves; after that it is frozen.
   */
  data: Data
  /** Who is signed in; null for nobody. Read only. */
  readonly identity: Identity | null
  /** Names the session in {@link devices}; null where there is none in the store. */
  readonly handle: string | null
  readonly createdAt: Date | null
  readonly lastSeenAt: Date | null
  readonly authenticatedAt: Date | null
  readonly expiresAt: Date | null
  readonly deadline: Date | null
  /** For the field `csrf` of a form, which browsers need that send neither `Sec-Fetch-Site` nor `Origin`. Empty where there is no session. */
  readonly csrfToken: string

  /**
   * An atomic read-modify-write: `change` gets the stored data, alters it in place or returns another draft, and may run again.
   * It must not call the session itself.
   * @throws `SESS_GONE` where the session has ended meanwhile; then nothing is written
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a change in place returns nothing
  update(change: (draft: Draft<Data>) => Draft<Data> | void | Promise<Draft<Data> | void>): Promise<void>

  /** Signs a person in, or again, in one step: a new id, a new expiry, a new absolute limit. The old id is dead then. */
  signIn(identity: Identity, options?: SignInOptions<Data>): Promise<void>

  /** Ends the session and takes the cookie back; true where it was still there. */
  signOut(): Promise<boolean>

  /** Ends every other session of the person, or all but the newest `keep`; resolves with how many. */
  signOutOthers(options?: SignOutOthersOptions): Promise<number>

  /** Ends the person's session with this handle; true where there was one. */
  signOutDevice(handle: string): Promise<boolean>

  /** The person's sessions, oldest first; none where nobody is signed in. */
  devices(): Promise<Device<Data>[]>

  /** A one-time state for an authorization request. It is bound to this browser. */
  beginSignIn(options?: BeginSignInOptions): Promise<string>

  /** What {@link beginSignIn} was given; null for a state that was used, is too old, or was begun in another browser. It burns the state. */
  finishSignIn(state: string | null): Promise<ConsumedState | null>
}
