import type { Capabilities } from './capabilities.ts'
import type { JsonObject } from './json.ts'
import type {
  ConsumedState,
  ConsumeStateOptions,
  CreateOptions,
  DeleteByHandleOptions,
  DeleteByIdentityOptions,
  ListOptions,
  LoadOptions,
  PutStateOptions,
  RotateOptions,
  SaveOptions,
  SessionChange,
  SummaryChange,
  TouchOptions,
} from './method-options.ts'
import type { IdentityRef, Session, SessionInput, SessionSummary } from './session.ts'

/**
 * Where sessions live. Every promise here holds for every store, and `@sess/core/conformance` checks each of them.
 *
 * A session with `expiresAt <= now` is absent on every path, whether or not anything has cleaned up. An outage is an error,
 * never "not found". Two operations on one id issued by one caller in order take effect in that order, awaited or not.
 * Every method can reject with `SESS_UNAVAILABLE` (the backend can't be reached), `SESS_TIMEOUT` (no answer within the
 * store's `timeoutMs`), `SESS_CLOSED` (after `close`) and, where the store's `capabilities` lack it, `SESS_UNSUPPORTED`. An
 * argument of the wrong type or form is a `TypeError`. Stores of `createSessionStore` also refuse an option that the method
 * does not have; the message names the closest one.
 */
export interface SessionStore<Data extends object = JsonObject> extends AsyncDisposable {
  /** The abilities of this store; frozen. */
  readonly capabilities: Capabilities
  /** The absolute limit in ms that `create` and a rotation that signs in give where they get no `deadline`; null for none. */
  readonly maxLifetime: number | null

  /**
   * Inserts a new session under an id made by the store: 256 CSPRNG bits, base64url.
   * @throws `SESS_COLLISION` when a few ids in a row were taken, `SESS_NOT_SERIALIZABLE`, `SESS_TOO_LARGE`, `SESS_INVALID_DATA`
   * @example
   * ```ts
   * const session = await store.create({ data: { cart: [] } })
   * response.setHeader('set-cookie', `sid=${session.id}; HttpOnly; Secure; SameSite=Lax; Path=/`)
   * ```
   */
  create(options?: CreateOptions<Data>): Promise<Session<Data>>

  /**
   * Writes a session and resolves with the stored one. A session that is built by hand (no `version`) is inserted, or
   * replaces the stored one completely. A session from a store (with a `version`) is written only where it still exists;
   * the last write wins. Such a save writes data, identity and `authenticatedAt`. It writes `expiresAt` only where the
   * caller moved it since the store gave this object, so a slow save undoes no touch. `createdAt`, `deadline` and `ttlMs`
   * stay as they are stored. Moving `expiresAt` into the past deletes the session. `if` states a condition.
   *
   * The `Date` in `expiresAt` remembers what it was. A spread (`{ ...session }`) shares that `Date`. `structuredClone` and
   * JSON make a new `Date`, and a new one counts as moved: the save writes it, and may undo a touch. An adapter, a cache or
   * a worker that keeps sessions in such a form should leave `expiresAt` out of the save. The stored expiry then stays.
   * @throws `SESS_GONE` when it was deleted, expired or rotated away; then nothing is written. Its `reason` says which,
   * where the store can tell.
   * @throws `SESS_CONFLICT` where `if` is `'absent'` and there is one, or `'unchanged'` and it has another version
   * @throws `SESS_NOT_SERIALIZABLE` naming the path of the value, `SESS_TOO_LARGE`, `SESS_INVALID_DATA`
   * @throws `TypeError` for a session built by hand whose `deadline` has passed, and for an instant more than 100 years
   * away
   * @example
   * ```ts
   * session.data.theme = 'dark'
   * await store.save(session)
   * ```
   */
  save(session: SessionInput<Data>, options?: SaveOptions): Promise<Session<Data>>

  /**
   * Resolves with the live session, or with null for an unknown, expired or malformed id. With `touch` it also touches the
   * session, and resolves with the touched one.
   * @throws `SESS_CORRUPT` where the stored session was not written by sess, or cannot be opened
   * @example
   * ```ts
   * const session = await store.load(idFromCookie, { touch: '1m' })
   * ```
   */
  load(id: string, options?: LoadOptions): Promise<Session<Data> | null>

  /**
   * Removes the session. Resolves with true where it removed a live one.
   * @example
   * ```ts
   * await store.delete(session.id)
   * ```
   */
  delete(id: string): Promise<boolean>

  /**
   * Reads, changes and writes a session in one atomic step. `change` gets a fresh session, and alters it in place or
   * returns another. It may be async. It runs again where another writer of data came between. A touch never makes it run
   * again, and the expiry of the touch stays unless the change moved it. The change runs in the async context of the call.
   * Resolves with null where there is no session, or where it went away meanwhile. While an async change runs, further
   * updates and rotations of the session wait in this process; loads, exists, touches, saves and deletes do not. An update
   * never signs in: where it changes the person, `authenticatedAt` becomes null.
   * @throws `SESS_CONFLICT` after a bounded number of tries, `SESS_TIMEOUT` where the change has not ended after
   * `updateTimeoutMs`, the errors of a save, and the error of `change`. Then nothing is written.
   * @example
   * ```ts
   * await store.update(session.id, ({ data }) => {
   *   data.visits += 1
   * })
   * ```
   */
  update(id: string, change: SessionChange<Data>): Promise<Session<Data> | null>

  /**
   * Moves `expiresAt` to `min(now + ttl, deadline)` and `lastSeenAt` to now, and writes nothing else. Resolves with the new
   * expiry, or with null where there is no live session: a touch never revives one.
   * @example
   * ```ts
   * const expiresAt = await store.touch(session.id)
   * ```
   */
  touch(id: string, options?: TouchOptions): Promise<Date | null>

  /**
   * Gives the session a new id in one atomic step: the old id is dead when it resolves, and alive if it rejects. Everything
   * that the options leave out stays. With an `identity` it is a sign-in, or a re-authentication: `authenticatedAt` becomes
   * now, the expiry is renewed, and the absolute limit starts anew. Resolves with null where there is no session.
   * @throws `SESS_CORRUPT` where the session cannot be read, `SESS_CONFLICT` after a bounded number of tries, and the
   * errors of a save
   * @example
   * ```ts
   * const signedIn = await store.rotate(session.id, { identity: { providerId: 'github', externalId: 'user_888' } })
   * ```
   */
  rotate(id: string, options?: RotateOptions<Data>): Promise<Session<Data> | null>

  /**
   * Resolves with true where a live session has this id.
   * @example
   * ```ts
   * if (!(await store.exists(id))) response.redirect('/login')
   * ```
   */
  exists(id: string): Promise<boolean>

  /**
   * Resolves with the number of live sessions.
   * @example
   * ```ts
   * console.log(await store.count())
   * ```
   */
  count(): Promise<number>

  /**
   * Removes expired sessions and states in bounded steps, and resolves with the number of removed sessions.
   * @example
   * ```ts
   * const removed = await store.cleanExpired()
   * ```
   */
  cleanExpired(): Promise<number>

  /**
   * Resolves with the live sessions of one person, oldest first, at most `limit`. It leaves out a session that cannot be
   * read, and reports it to `onBackgroundError`.
   * @example
   * ```ts
   * const devices = await store.listByIdentity(session.identity)
   * const others = devices.filter(({ handle }) => handle !== session.handle)
   * ```
   */
  listByIdentity(ref: IdentityRef, options?: ListOptions): Promise<SessionSummary<Data>[]>

  /**
   * Updates every live session of one person: a new role, a new e-mail address. `change` may run more than once for a
   * session. Resolves with the number of written sessions. Each session succeeds or fails by itself: one whose `change`
   * throws or rejects stays as it is, and the others are written all the same.
   * @throws the first error that `update` would throw for one of them, once every session has had its turn
   * @example
   * ```ts
   * await store.updateByIdentity(ref, ({ data }) => {
   *   data.role = 'admin'
   * })
   * ```
   */
  updateByIdentity(ref: IdentityRef, change: SummaryChange<Data>): Promise<number>

  /**
   * Ends the sessions of one person: all that the person had at the call, rotated meanwhile or not. A session that signs in
   * meanwhile may stay. Resolves with the number of live sessions that it ended.
   * @example
   * ```ts
   * await store.deleteByIdentity(ref) // signs out everywhere
   * await store.deleteByIdentity(ref, { except: session.id }) // everywhere else
   * await store.deleteByIdentity(ref, { keep: 3 }) // at most three devices
   * ```
   */
  deleteByIdentity(ref: IdentityRef, options?: DeleteByIdentityOptions): Promise<number>

  /**
   * Ends the session with this handle. Resolves with true where it removed a live one. With `identity`, it ends the session
   * only if it is that person's.
   * @example
   * ```ts
   * await store.deleteByHandle(handleFromForm, { identity: session.identity })
   * ```
   */
  deleteByHandle(handle: string, options?: DeleteByHandleOptions): Promise<boolean>

  /**
   * Ends every session that existed at the call, unreadable ones too. Resolves with the number of live sessions that it
   * ended.
   * @example
   * ```ts
   * await store.deleteAll()
   * ```
   */
  deleteAll(): Promise<number>

  /**
   * Stores a one-time state, e.g. of an OAuth2 sign-in, and resolves with it. A `state` that is stored already is replaced.
   * @throws `SESS_NOT_SERIALIZABLE`, `SESS_TOO_LARGE`
   * @example
   * ```ts
   * const state = await store.putState({ userAgent, data: { codeVerifier, returnTo: '/cart' } })
   * ```
   */
  putState(options?: PutStateOptions): Promise<string>

  /**
   * Gives out a state once: if several callers ask at the same moment, one gets it. Any attempt burns it, one with a wrong
   * User-Agent too.
   * @example
   * ```ts
   * const taken = await store.consumeState(stateFromQuery, { userAgent })
   * if (taken === null) throw new Error('this sign-in was not begun here, or is over')
   * ```
   */
  consumeState(state: string, options?: ConsumeStateOptions): Promise<ConsumedState | null>

  /**
   * Yields every live session, in bounded memory and no order. A session that changes meanwhile comes in its old or its new
   * form. A session that is rotated meanwhile may come twice or not at all. It leaves out a session that cannot be read,
   * and reports it to `onBackgroundError`.
   * @example
   * ```ts
   * for await (const { identity, lastSeenAt } of store.entries()) console.log(identity?.externalId, lastSeenAt)
   * ```
   */
  entries(): AsyncIterableIterator<SessionSummary<Data>>

  /**
   * Resolves when the backend answers.
   * @example
   * ```ts
   * await store.ping()
   * ```
   */
  ping(): Promise<void>

  /**
   * Waits for every call that began before it, then releases what the store opened itself; a client, pool or database
   * handed in stays open. It always resolves; failures are reported to `onBackgroundError`. Every later call rejects with
   * `SESS_CLOSED`, except `close`, which resolves again.
   * @example
   * ```ts
   * await using store = await openStore('redis://localhost')
   * ```
   */
  close(): Promise<void>
}
