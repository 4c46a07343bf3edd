import type { StoreOptions } from '../config/store-options.ts'
import type { SessionStore } from '../contract/session-store.ts'

type Awaitable<T> = T | PromiseLike<T>

/** What a case opens its store with: always the clock, and where the harness `takesOptions`, what that one case needs. */
export type ConformanceOpenOptions = { now: () => number } & Pick<
  StoreOptions,
  | 'ttl'
  | 'maxLifetime'
  | 'ids'
  | 'timeoutMs'
  | 'updateTimeoutMs'
  | 'maxBytes'
  | 'generateId'
  | 'data'
  | 'upgrade'
  | 'onInvalidData'
  | 'seal'
>

/**
 * How the suite gets at the store that is held against the contract. `open` alone will do; each further member brings the
 * cases that need it. The generated cases need the package `fast-check` (4.x) beside `@sess/core`, as a dev dependency.
 * @example
 * const storages = new WeakMap<SessionStore, MemoryStorage>()
 * const harness: ConformanceHarness = {
 *   takesOptions: true, // without it the cases that need an option of their own are left out
 *   open(options) {
 *     const storage = new MemoryStorage()
 *     const store = memoryStore({ ...options, storage })
 *     storages.set(store, storage)
 *     return store
 *   },
 *   openPeer: (store, options) => memoryStore({ ...options, storage: storages.get(store) }),
 * }
 */
export interface ConformanceHarness<Store extends SessionStore = SessionStore> {
  /** A store on fresh storage that no other store of this run sees. Each is closed after its case. */
  open(options: ConformanceOpenOptions): Awaitable<Store>
  /**
   * A second, independent client of the same storage, on the same clock. Left out: one client stands in for both where
   * clients race, and the report says so.
   */
  openPeer?(store: Store, options: ConformanceOpenOptions): Awaitable<Store>
  /** Every key and value that is stored, as text, to prove what is not in it. Not what a disk still holds of deleted ones. */
  dump?(store: Store): Awaitable<string>
  /**
   * Makes what is stored under an id, or for a state, unreadable, as somebody would who edits the storage by hand: cuts the
   * payload in half, say. Expiry and person stay readable.
   */
  damage?(store: Store, idOrState: string): Awaitable<void>
  /**
   * Puts the payload that is stored under one id in the place of the payload under another, as somebody would who edits the
   * storage by hand. All else of both records stays.
   */
  move?(store: Store, fromId: string, toId: string): Awaitable<void>
  /** Cuts the store, and every peer of it, off from its backend until `end` is called. */
  outage?(store: Store): Awaitable<{ end(): Awaitable<void> }>
  /** Called after a store from `open` and its peers are closed: drop the table, delete the folder. */
  teardown?(store: Store): Awaitable<void>
  /**
   * True where `open` and `openPeer` hand all of their options to the store, and not `now` alone; or the names of those that
   * they hand on. Default false: the cases that need another option are left out.
   */
  takesOptions?: boolean | readonly (keyof ConformanceOpenOptions)[]
  /** Case id to the reason why it is known to fail. An unknown id fails, and so does a case that passes after all. */
  expectedFailures?: Readonly<Record<string, string>>
  /** The most milliseconds that one case may take. Default 60,000. */
  limitMs?: number
  /** Where generated histories begin; a failure reports it. Default: always the same. */
  seed?: number
}
