import { type Capabilities, capabilitiesOfMethod } from '../contract/capabilities.ts'
import { durationMs } from '../contract/durations.ts'
import { SessionError } from '../contract/errors.ts'
import type {
  ConsumedState,
  ConsumeStateOptions,
  CreateOptions,
  DeleteByHandleOptions,
  DeleteByIdentityOptions,
  Duration,
  ListOptions,
  LoadOptions,
  PutStateOptions,
  RotateOptions,
  SaveOptions,
  SessionChange,
  SummaryChange,
  TouchOptions,
} from '../contract/method-options.ts'
import type { MethodWithOptions } from '../contract/option-names.ts'
import type { IdentityRef, Session, SessionInput, SessionSummary } from '../contract/session.ts'
import type { SessionStore } from '../contract/session-store.ts'
import { checkedCount } from './answers.ts'
import { checkOptions, checkSession, conditionArgument, countArgument, idArgument, identityRef } from './arguments.ts'
import type { SessionBackend } from './backend.ts'
import { CleanUp } from './clean-up.ts'
import type { Coalescer } from './coalescer/coalescer.ts'
import { givenExpiry } from './encoding/given-expiry.ts'
import type { JsonText } from './encoding/json-text.ts'
import type { SessionCodec } from './encoding/session-codec.ts'
import { isWellFormedId } from './encoding/session-id.ts'
import { withFreshId } from './fresh-id.ts'
import type { GuardedBackend } from './guarded-backend.ts'
import type { Lifecycle } from './lifecycle.ts'
import { OneTimeStates } from './one-time-states.ts'
import { Pages, scanPage } from './pages.ts'
import { People } from './people.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { Rewriting } from './rewriting.ts'
import { limitOf, Rotating } from './rotating.ts'
import { Saving } from './saving.ts'
import { storeParts } from './store-parts.ts'
import { Sweeper } from './sweeper.ts'
import { traced, tracedItems } from './tracing.ts'

const listLimit = 1_000

type MethodName = Extract<keyof SessionStore, string>

/** The store over a backend: it keeps the promises of {@link SessionStore} with the backend's storage primitives. */
export class BackendSessionStore<Data extends object> implements SessionStore<Data> {
  readonly capabilities: Capabilities
  readonly maxLifetime: number | null
  readonly #type: string
  readonly #options: ResolvedOptions
  readonly #backend: GuardedBackend
  readonly #codec: SessionCodec
  readonly #coalescer: Coalescer
  readonly #lifecycle: Lifecycle
  readonly #pages: Pages
  readonly #rewriting: Rewriting
  readonly #rotating: Rotating
  readonly #saving: Saving
  readonly #people: People
  readonly #states: OneTimeStates
  readonly #cleanUp: CleanUp
  readonly #sweeper: Sweeper | null
  readonly #report: (error: Error) => void

  constructor(backend: SessionBackend, capabilities: Capabilities, options: ResolvedOptions) {
    this.capabilities = capabilities
    this.maxLifetime = options.maxLifetimeMs
    this.#type = backend.type
    this.#options = options
    const parts = storeParts(backend, options)
    this.#report = parts.report
    this.#backend = parts.backend
    this.#codec = parts.codec
    this.#coalescer = parts.coalescer
    this.#lifecycle = parts.lifecycle
    this.#pages = new Pages(parts)
    this.#rewriting = new Rewriting(parts)
    this.#rotating = new Rotating(parts, this.#rewriting, (key, newKey) => backend.colocated?.(key, newKey) ?? true)
    this.#saving = new Saving(parts)
    this.#people = new People(parts, this.#pages, this.#rewriting)
    this.#states = new OneTimeStates(parts)
    this.#cleanUp = new CleanUp(this.#backend, options.isSystemClock)
    this.#sweeper = this.#sweeps(options.cleanupIntervalMs)
  }

  create(options: CreateOptions<Data> = noOptions): Promise<Session<Data>> {
    return this.#steps('create', options, () => {
      const { identity = null, data = {}, ttl, deadline: limit } = options
      const now = this.#options.now()
      const ttlMs = this.#ttlMs(ttl)
      const prepared = this.#codec.prepare({
        identity,
        data,
        createdAt: now,
        lastSeenAt: now,
        authenticatedAt: identity === null ? null : now,
        expiresAt: now + ttlMs,
        ttlMs,
        deadline: limitOf(limit, this.maxLifetime, now),
      })
      const deadline = this.#coalescer.deadline()
      return withFreshId(this.#options.generateId, (id) => {
        const key = this.#codec.keyOf(id)
        const encoded = this.#codec.encode(key, id, prepared)
        const insert = { kind: 'insert', key, record: encoded.record } as const
        return this.#coalescer.write(
          insert,
          (isNew) => (isNew ? this.#codec.stored<Data>(id, encoded) : null),
          deadline,
        )
      })
    })
  }

  save(input: SessionInput<Data>, options: SaveOptions = noOptions): Promise<Session<Data>> {
    return this.#save<Data>(input, options, null)
  }

  /**
   * Saves a session whose data is JSON text. Returns null where the store cannot take the text as it is: it has a schema, or
   * another class made it.
   */
  static saveText(
    store: SessionStore,
    input: SessionInput<JsonText>,
    options: SaveOptions = noOptions,
  ): Promise<Session<JsonText>> | null {
    // A wrapper of a store has no private fields, so it is asked by its own `save`.
    if (!(#saving in store) || !store.#codec.takesText) return null
    return store.#save<JsonText>(input, options, input.data ?? null)
  }

  #save<D extends object>(input: SessionInput<D>, options: SaveOptions, text: JsonText | null): Promise<Session<D>> {
    return this.#operation('save', options, () => {
      const condition = conditionArgument(options.if)
      if (condition === 'absent') this.#refuseWithout('create', 'save with if: absent')
      if (condition === 'unchanged') this.#refuseWithout('update', 'save with if: unchanged')
      return this.#saving.save<D>(checkSession(input, condition, this.#options.now()), condition, text)
    })
  }

  load(id: string, options: LoadOptions = noOptions): Promise<Session<Data> | null> {
    return this.#onId('load', options, id, null, (key) => {
      const { touch } = options
      if (touch !== undefined) this.#refuseWithout('touch', 'load with touch')
      const touchAfterMs = touch === undefined ? Number.POSITIVE_INFINITY : durationMs(touch, 'touch')
      return this.#coalescer.read(key, (record) => {
        const now = this.#options.now()
        if (record === null || record.expiresAt <= now) return null
        const session = this.#codec.decode<Data>(id, record)
        if (session === null || now - session.lastSeenAt.getTime() <= touchAfterMs) return session
        return this.#touch(key, null, (expiresAt, lastSeenAt) => ({ ...session, expiresAt, lastSeenAt }))
      })
    })
  }

  exists(id: string): Promise<boolean> {
    return this.#onId('exists', noOptions, id, false, (key) =>
      this.#coalescer.read(key, (record) => record !== null && record.expiresAt > this.#options.now()),
    )
  }

  delete(id: string): Promise<boolean> {
    return this.#onId('delete', noOptions, id, false, (key) => this.#coalescer.write({ kind: 'delete', key }, asIs))
  }

  update(id: string, change: SessionChange<Data>): Promise<Session<Data> | null> {
    return this.#onId('update', noOptions, id, null, (key) =>
      this.#lifecycle.tracked(async () => this.#rewriting.change<Data>(key, id, change)),
    )
  }

  touch(id: string, options: TouchOptions = noOptions): Promise<Date | null> {
    return this.#onId('touch', options, id, null, (key) => {
      const { ttl } = options
      return this.#touch(key, ttl === undefined ? null : durationMs(ttl, 'ttl'), asIs)
    })
  }

  rotate(id: string, options: RotateOptions<Data> = noOptions): Promise<Session<Data> | null> {
    return this.#onId('rotate', options, id, null, (key) =>
      this.#lifecycle.tracked(async () => this.#rotating.rotate<Data>(key, id, options)),
    )
  }

  count(): Promise<number> {
    return this.#steps('count', noOptions, () =>
      this.#backend.call(async (backend, now) => checkedCount((await backend.count?.(now)) ?? 0)),
    )
  }

  cleanExpired(): Promise<number> {
    return this.#steps('cleanExpired', noOptions, () => this.#cleanUp.run())
  }

  listByIdentity(ref: IdentityRef, options: ListOptions = noOptions): Promise<SessionSummary<Data>[]> {
    return this.#steps('listByIdentity', options, async () => {
      const { limit = listLimit } = options
      return this.#people.list<Data>(identityRef(ref), countArgument(limit, 'limit', 1))
    })
  }

  updateByIdentity(ref: IdentityRef, change: SummaryChange<Data>): Promise<number> {
    return this.#steps('updateByIdentity', noOptions, async () => this.#people.update(identityRef(ref), change))
  }

  deleteByIdentity(ref: IdentityRef, options: DeleteByIdentityOptions = noOptions): Promise<number> {
    return this.#steps('deleteByIdentity', options, async () => {
      const { except, keep = 0 } = options
      // No session has a malformed id, so such an id excepts none.
      const exceptKey =
        except === undefined || !isWellFormedId(idArgument(except, 'except')) ? null : this.#codec.keyOf(except)
      const person = identityRef(ref)
      return countArgument(keep, 'keep', 0) === 0
        ? this.#people.end(person, exceptKey)
        : this.#people.endOlder(person, keep, exceptKey)
    })
  }

  deleteByHandle(handle: string, options: DeleteByHandleOptions = noOptions): Promise<boolean> {
    return this.#operation('deleteByHandle', options, () => {
      const key = this.#codec.keyOfHandle(idArgument(handle, 'handle'))
      const { identity } = options
      const condition = identity && { ifIdentityKeys: this.#codec.identityKeysOf(identityRef(identity)) }
      return key === null ? Promise.resolve(false) : this.#coalescer.write({ kind: 'delete', key, ...condition }, asIs)
    })
  }

  deleteAll(): Promise<number> {
    return this.#steps('deleteAll', noOptions, () => this.#people.endEverybody())
  }

  putState(options: PutStateOptions = noOptions): Promise<string> {
    return this.#operation('putState', options, () => this.#states.put(options))
  }

  consumeState(state: string, options: ConsumeStateOptions = noOptions): Promise<ConsumedState | null> {
    return this.#operation('consumeState', options, () => this.#states.consume(state, options))
  }

  entries(): AsyncGenerator<SessionSummary<Data>, void, undefined> {
    return tracedItems(this.#type, 'entries', this.#entries())
  }

  async *#entries(): AsyncGenerator<SessionSummary<Data>, void, undefined> {
    this.#refuseWhereImpossible('entries', noOptions)
    const next = this.#pages.summaries<Data>((backend, cursor, now) => {
      // A close may have begun after the first page.
      if (cursor !== null) this.#refuseWhereImpossible('entries', noOptions)
      return scanPage(backend, cursor, now)
    })
    for await (const page of next) yield* page
  }

  ping(): Promise<void> {
    return this.#steps('ping', noOptions, () => this.#backend.call((backend) => backend.ping()))
  }

  close(): Promise<void> {
    this.#sweeper?.stop()
    return this.#lifecycle.close(() => this.#backend.close().catch(this.#report))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Touches a session and resolves with the result of `map`, or with null where there is no session. A null `ttlMs` means
   * the session's own.
   */
  #touch<T>(key: string, ttlMs: number | null, map: (expiresAt: Date, seenAt: Date) => T): Promise<T | null> {
    const seenAt = this.#options.now()
    const touch = { kind: 'touch', key, seenAt, ttlMs, defaultTtlMs: this.#options.ttlMs } as const
    return this.#coalescer.write(touch, (moved) => (moved === null ? null : map(givenExpiry(moved), new Date(seenAt))))
  }

  #sweeps(intervalMs: number | null): Sweeper | null {
    if (intervalMs === null || !this.capabilities.cleanExpired) return null
    const sweep = () => this.#lifecycle.tracked(() => this.#cleanUp.run())
    return new Sweeper({ intervalMs, sweep, onError: this.#options.onBackgroundError })
  }

  /**
   * Runs a method. It rejects where the store is closed or lacks the method, where an option is unknown, and where `run`
   * throws.
   */
  #operation<T>(name: MethodName, options: object, run: () => Promise<T>): Promise<T> {
    return traced(this.#type, name, () => {
      this.#refuseWhereImpossible(name, options)
      return run()
    })
  }

  #refuseWhereImpossible(name: MethodName, options: object): void {
    if (this.#lifecycle.isClosed) throw new SessionError('SESS_CLOSED', 'the store is closed')
    for (const capability of capabilitiesOfMethod[name] ?? none) this.#refuseWithout(capability, name)
    if (options !== noOptions) checkOptions(name as MethodWithOptions, options)
  }

  #refuseWithout(capability: keyof Capabilities, what: string): void {
    if (!this.capabilities[capability])
      throw new SessionError('SESS_UNSUPPORTED', `a ${this.#type} store has no ${what}`)
  }

  /** Runs a method on one id. It resolves with `absent` for an id that no session can have. */
  #onId<T>(name: MethodName, options: object, id: string, absent: T, run: (key: string) => Promise<T>): Promise<T> {
    return traced(this.#type, name, () => {
      this.#refuseWhereImpossible(name, options)
      return isWellFormedId(idArgument(id)) ? run(this.#codec.keyOf(id)) : Promise.resolve(absent)
    })
  }

  /** Runs a method that takes more than one operation of the coalescer. */
  #steps<T>(name: MethodName, options: object, run: () => Promise<T>): Promise<T> {
    return traced(this.#type, name, () => {
      this.#refuseWhereImpossible(name, options)
      return this.#lifecycle.tracked(run)
    })
  }

  #ttlMs(ttl: Duration | undefined): number {
    return ttl === undefined ? this.#options.ttlMs : durationMs(ttl, 'ttl')
  }
}

const none: readonly (keyof Capabilities)[] = []
/** The options of a call that has none: they need no check. */
const noOptions = Object.freeze({})

function asIs<T>(value: T): T {
  return value
}
