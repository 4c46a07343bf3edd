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
 * A session with `expiresAt <= now` is absent on every path, whether or not anything has cleaned up. An outage is an
 * error, never "not found". Two operations on one id issued by one caller in order take effect in that order, awaited
 * or not. Every method can reject with `SESS_UNAVAILABLE` (the backend can't be reached), `SESS_TIMEOUT` (no answer
 * within the store's `timeoutMs`), `SESS_CLOSED` (after `close`) and, where the store's `capabilities` lack it,
 * `SESS_UNSUPPORTED`. An argument of the wrong type or form is a `TypeError`. So is an option that the method does not have, in
 * every store of this house: the message names the closest one.
 */
export interface SessionStore<Data extends object = JsonObject> extends AsyncDisposable {
  /** What this store can do; frozen. */
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
   * Writes a session and resolves with what is now stored. Built by hand (no `version`), it is inserted or replaces what is
   * there, and nothing of that stays. From a store (with a `version`), it is written only where it still exists; last write
   * wins. It writes data, identity and `authenticatedAt`, and `expiresAt` only where the caller moved it since the store gave
   * this object, so a slow save undoes no touch; `createdAt`, `deadline` and `ttlMs` stay as they are stored. One whose
   * `expiresAt` was moved into the past is deleted. `if` states the condition.
   *
   * The `Date` in `expiresAt` remembers what it was. A spread (`{ ...session }`) shares that `Date`. `structuredClone` and JSON
   * make a new one, and a new one counts as moved: the save writes it, and may undo a touch. Whoever keeps sessions in such a
   * form (an adapter, a cache, a worker) leaves `expiresAt` out of the save, and the stored expiry stays.
   * @throws `SESS_GONE` when it was deleted, expired or rotated away; then nothing is written. Its `reason` says which, where
   * the store can tell.
   * @throws `SESS_CONFLICT` where `if` is `'absent'` and there is one, or `'unchanged'` and it has another version
   * @throws `SESS_NOT_SERIALIZABLE` naming the path of the value, `SESS_TOO_LARGE`, `SESS_INVALID_DATA`
   * @throws `TypeError` for a session built by hand whose `deadline` has passed, and for an instant more than 100 years away
   * @example
   * ```ts
   * session.data.theme = 'dark'
   * await store.save(session)
   * ```
   */
  save(session: SessionInput<Data>, options?: SaveOptions): Promise<Session<Data>>

  /**
   * The live session, or null for an unknown, expired or malformed id. With `touch` it also touches, and resolves with the
   * touched session.
   * @throws `SESS_CORRUPT` when what is stored under the id was not written by sess, or cannot be opened
   * @example
   * ```ts
   * const session = await store.load(idFromCookie, { touch: '1m' })
   * ```
   */
  load(id: string, options?: LoadOptions): Promise<Session<Data> | null>

  /**
   * Removes the session; true where a live one was removed.
   * @example
   * ```ts
   * await store.delete(session.id)
   * ```
   */
  delete(id: string): Promise<boolean>

  /**
   * Atomic read-modify-write. `change` gets a fresh session, alters it in place or returns another (it may be async), and
   * runs again when another writer of data came between; a touch never makes it run again, and the expiry that a touch gave
   * stays unless the change moved it. It runs in the async context of the call. Null where there is no session, also when
   * it went away meanwhile. While an async change runs, further updates and rotations of the session wait in this process;
   * loads, exists, touches, saves and deletes pass it. An update never signs in: where it changes who the person is,
   * `authenticatedAt` becomes null.
   * @throws `SESS_CONFLICT` after a bounded number of tries, `SESS_TIMEOUT` where the change has not ended after
   * `updateTimeoutMs`, what a save throws, and whatever `change` throws; then nothing is written.
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
   * expiry, or null: a touch never revives.
   * @example
   * ```ts
   * const expiresAt = await store.touch(session.id)
   * ```
   */
  touch(id: string, options?: TouchOptions): Promise<Date | null>

  /**
   * A new id for the same session in one atomic step: the old id is dead when it resolves, and alive if it rejects. What is
   * left out stays. With an `identity` it is a sign-in, or a re-authentication: `authenticatedAt` is now, the expiry is
   * renewed, and the absolute limit starts anew. Null where there is no session.
   * @throws `SESS_CORRUPT` where the session cannot be read, `SESS_CONFLICT` after a bounded number of tries, and what a save
   * throws
   * @example
   * ```ts
   * const signedIn = await store.rotate(session.id, { identity: { providerId: 'github', externalId: 'user_888' } })
   * ```
   */
  rotate(id: string, options?: RotateOptions<Data>): Promise<Session<Data> | null>

  /**
   * True where a live session has this id.
   * @example
   * ```ts
   * if (!(await store.exists(id))) response.redirect('/login')
   * ```
   */
  exists(id: string): Promise<boolean>

  /**
   * How many live sessions there are.
   * @example
   * ```ts
   * console.log(await store.count())
   * ```
   */
  count(): Promise<number>

  /**
   * Removes what has expired, in bounded steps, and resolves with how many sessions that was.
   * @example
   * ```ts
   * const removed = await store.cleanExpired()
   * ```
   */
  cleanExpired(): Promise<number>

  /**
   * The live sessions of one person, oldest first, at most `limit`. One that cannot be read is left out; `onBackgroundError`
   * hears of it.
   * @example
   * ```ts
   * const devices = await store.listByIdentity(session.identity)
   * const others = devices.filter(({ handle }) => handle !== session.handle)
   * ```
   */
  listByIdentity(ref: IdentityRef, options?: ListOptions): Promise<SessionSummary<Data>[]>

  /**
   * `update` on every live session of one person: a new role, a new e-mail address. `change` may run more than once for a
   * session. Resolves with how many sessions were written. Each session succeeds or fails by itself: one whose `change` throws
   * or rejects stays as it is, and the others are written all the same.
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
   * Ends the sessions of one person: all that they had at the call, rotated meanwhile or not. One that is signed in meanwhile
   * may stay. Resolves with how many live ones ended.
   * @example
   * ```ts
   * await store.deleteByIdentity(ref) // signs out everywhere
   * await store.deleteByIdentity(ref, { except: session.id }) // everywhere else
   * await store.deleteByIdentity(ref, { keep: 3 }) // at most three devices
   * ```
   */
  deleteByIdentity(ref: IdentityRef, options?: DeleteByIdentityOptions): Promise<number>

  /**
   * Ends the session with this handle; true where a live one was removed. With `identity` only if it is that person's.
   * @example
   * ```ts
   * await store.deleteByHandle(handleFromForm, { identity: session.identity })
   * ```
   */
  deleteByHandle(handle: string, options?: DeleteByHandleOptions): Promise<boolean>

  /**
   * Ends everybody's session who was there at the call, one that cannot be read included. Resolves with how many live ones
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
   * Takes a state, once: of any number of simultaneous callers one gets it. Any attempt burns it, a wrong User-Agent too.
   * @example
   * ```ts
   * const taken = await store.consumeState(stateFromQuery, { userAgent })
   * if (taken === null) throw new Error('this sign-in was not begun here, or is over')
   * ```
   */
  consumeState(state: string, options?: ConsumeStateOptions): Promise<ConsumedState | null>

  /**
   * Every live session, in bounded memory and no order. One that changes while this runs may be seen in either form, and one
   * that is rotated twice or not at all. One that cannot be read is left out; `onBackgroundError` hears of it.
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
   * Waits for every call that began before it, then releases what the store opened itself; a client, pool or database handed
   * in stays open. It always resolves: `onBackgroundError` hears of what failed. Every later call rejects with
   * `SESS_CLOSED`, except `close`, which resolves again.
   * @example
   * ```ts
   * await using store = await openStore('redis://localhost')
   * ```
   */
  close(): Promise<void>
}
