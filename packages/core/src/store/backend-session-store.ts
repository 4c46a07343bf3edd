import { type Capabilities, capabilitiesOfMethod } from '../contract/capabilities.ts'
import { durationMs } from '../contract/durations.ts'
import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { IdentityRef, Session, SessionInput, SessionSummary } from '../contract/session.ts'
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
  SessionStore,
  SummaryChange,
  TouchOptions,
} from '../contract/session-store.ts'
import { checkedCount } from './answers.ts'
import {
  checkSession,
  conditionArgument,
  countArgument,
  futureInstant,
  idArgument,
  identityRef,
  optionsArgument,
  stringArgument,
} from './arguments.ts'
import type { Batching, SessionBackend, SessionRecord } from './backend.ts'
import { CleanUp } from './clean-up.ts'
import { Coalescer, type HeldKey } from './coalescer/coalescer.ts'
import { givenExpiry } from './encoding/given-expiry.ts'
import { SessionCodec } from './encoding/session-codec.ts'
import { idForm, isWellFormedId, sha256 } from './encoding/session-id.ts'
import { freshId, withFreshId } from './fresh-id.ts'
import { GuardedBackend } from './guarded-backend.ts'
import { Lifecycle } from './lifecycle.ts'
import { Pages, scanPage } from './pages.ts'
import { Pending } from './pending.ts'
import { People } from './people.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { Rewriting } from './rewriting.ts'
import { Saving } from './saving.ts'
import type { StoreParts } from './store-parts.ts'
import { Sweeper } from './sweeper.ts'
import { traced, tracedItems } from './tracing.ts'
import { UpdateTurns } from './update-turns.ts'

const defaultBatching = { maxOperations: 64, readLanes: 2, writeLanes: 2 }
/** Without company there is no batch to wait for; a connection pool bounds what is really under way. */
const aloneBatching = { maxOperations: 1, readLanes: 64, writeLanes: 64 }

const stateTtlMs = 10 * 60_000
const listLimit = 1_000

/** The store over a backend: what {@link SessionStore} promises, made of storage primitives. */
export class BackendSessionStore<Data extends object> implements SessionStore<Data> {
  readonly capabilities: Capabilities
  readonly maxLifetime: number | null
  readonly #type: string
  readonly #options: ResolvedOptions
  readonly #colocated: (key: string, newKey: string) => boolean
  readonly #backend: GuardedBackend
  readonly #codec: SessionCodec
  readonly #coalescer: Coalescer
  readonly #lifecycle: Lifecycle
  readonly #pages: Pages
  readonly #rewriting: Rewriting
  readonly #saving: Saving
  readonly #people: People
  readonly #cleanUp: CleanUp
  readonly #sweeper: Sweeper | null
  readonly #report: (error: Error) => void

  constructor(backend: SessionBackend, capabilities: Capabilities, options: ResolvedOptions) {
    this.capabilities = capabilities
    this.maxLifetime = options.maxLifetimeMs
    this.#type = backend.type
    this.#options = options
    this.#colocated = (key, newKey) => backend.colocated?.(key, newKey) ?? true
    this.#report = reporter(options.onBackgroundError)
    const parts = partsOf(backend, options, this.#report)
    this.#backend = parts.backend
    this.#codec = parts.codec
    this.#coalescer = parts.coalescer
    this.#lifecycle = parts.lifecycle
    this.#pages = new Pages(parts)
    this.#rewriting = new Rewriting(parts)
    this.#saving = new Saving(parts)
    this.#people = new People(parts, this.#pages, this.#rewriting)
    this.#cleanUp = new CleanUp(this.#backend, options.isSystemClock)
    this.#sweeper = this.#sweeps(options.cleanupIntervalMs)
  }

  create(options?: CreateOptions<Data>): Promise<Session<Data>> {
    return this.#steps('create', () => {
      const { identity = null, data = {}, ttl, deadline: limit } = optionsArgument<CreateOptions<Data>>(options)
      const now = this.#options.now()
      const ttlMs = this.#ttlMs(ttl)
      const encoding = this.#codec.encode({
        identity,
        data,
        createdAt: now,
        lastSeenAt: now,
        authenticatedAt: identity === null ? null : now,
        expiresAt: now + ttlMs,
        ttlMs,
        deadline: this.#deadline(limit, now),
      })
      const deadline = this.#coalescer.deadline()
      return withFreshId(this.#options.generateId, (id) => {
        const key = this.#codec.keyOf(id)
        const encoded = encoding.under(key, id)
        const insert = { kind: 'insert', key, record: encoded.record } as const
        return this.#coalescer.write(
          insert,
          (isNew) => (isNew ? this.#codec.stored<Data>(id, encoded) : null),
          deadline,
        )
      })
    })
  }

  save(input: SessionInput<Data>, options?: SaveOptions): Promise<Session<Data>> {
    return this.#operation('save', () => {
      const condition = conditionArgument(optionsArgument<SaveOptions>(options).if)
      if (condition === 'absent') this.#refuseWithout('create', 'save with if: absent')
      if (condition === 'unchanged') this.#refuseWithout('update', 'save with if: unchanged')
      return this.#saving.save<Data>(checkSession(input, this.#options.now()), condition)
    })
  }

  load(id: string, options?: LoadOptions): Promise<Session<Data> | null> {
    return this.#onId('load', id, null, (key) => {
      const touch = options === undefined ? undefined : optionsArgument<LoadOptions>(options).touch
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
    return this.#onId('exists', id, false, (key) =>
      this.#coalescer.read(key, (record) => record !== null && record.expiresAt > this.#options.now()),
    )
  }

  delete(id: string): Promise<boolean> {
    return this.#onId('delete', id, false, (key) => this.#coalescer.write({ kind: 'delete', key }, asIs))
  }

  update(id: string, change: SessionChange<Data>): Promise<Session<Data> | null> {
    return this.#onId('update', id, null, (key) =>
      this.#lifecycle.tracked(async () => this.#rewriting.change<Data>(key, id, change)),
    )
  }

  touch(id: string, options?: TouchOptions): Promise<Date | null> {
    return this.#onId('touch', id, null, (key) => {
      const { ttl } = optionsArgument<TouchOptions>(options)
      return this.#touch(key, ttl === undefined ? null : durationMs(ttl, 'ttl'), asIs)
    })
  }

  rotate(id: string, options?: RotateOptions<Data>): Promise<Session<Data> | null> {
    return this.#onId('rotate', id, null, (key) =>
      this.#lifecycle.tracked(async () => {
        const given = optionsArgument<RotateOptions<Data>>(options)
        const attempt = this.#rotation(given)
        const canBeBeside = (newId: string) => this.#colocated(key, this.#codec.keyOf(newId))
        return this.#rewriting.untilWritten(key, (held, _turn, stored) => {
          const write = attempt(id, held, stored)
          return write === null
            ? Promise.resolve('gone' as const)
            : withFreshId(this.#options.generateId, write, canBeBeside)
        })
      }),
    )
  }

  count(): Promise<number> {
    return this.#steps('count', () =>
      this.#backend.call(async (backend, now) => checkedCount((await backend.count?.(now)) ?? 0)),
    )
  }

  cleanExpired(): Promise<number> {
    return this.#steps('cleanExpired', () => this.#cleanUp.run())
  }

  listByIdentity(ref: IdentityRef, options?: ListOptions): Promise<SessionSummary<Data>[]> {
    return this.#steps('listByIdentity', async () => {
      const { limit = listLimit } = optionsArgument<ListOptions>(options)
      return this.#people.list<Data>(identityRef(ref), countArgument(limit, 'limit', 1))
    })
  }

  updateByIdentity(ref: IdentityRef, change: SummaryChange<Data>): Promise<number> {
    return this.#steps('updateByIdentity', async () => this.#people.update(identityRef(ref), change))
  }

  deleteByIdentity(ref: IdentityRef, options?: DeleteByIdentityOptions): Promise<number> {
    return this.#steps('deleteByIdentity', async () => {
      const { except, keep = 0 } = optionsArgument<DeleteByIdentityOptions>(options)
      // No session has a malformed id, so nothing is excepted then.
      const exceptKey =
        except === undefined || !isWellFormedId(idArgument(except, 'except')) ? null : this.#codec.keyOf(except)
      const person = identityRef(ref)
      return countArgument(keep, 'keep', 0) === 0
        ? this.#people.end(person, exceptKey)
        : this.#people.endOlder(person, keep, exceptKey)
    })
  }

  deleteByHandle(handle: string, options?: DeleteByHandleOptions): Promise<boolean> {
    return this.#operation('deleteByHandle', () => {
      const key = this.#codec.keyOfHandle(idArgument(handle, 'handle'))
      const { identity } = optionsArgument<DeleteByHandleOptions>(options)
      const condition = identity && { ifIdentityKeys: this.#codec.identityKeysOf(identityRef(identity)) }
      return key === null ? Promise.resolve(false) : this.#coalescer.write({ kind: 'delete', key, ...condition }, asIs)
    })
  }

  deleteAll(): Promise<number> {
    return this.#steps('deleteAll', () => this.#people.endEverybody())
  }

  putState(options?: PutStateOptions): Promise<string> {
    return this.#operation('putState', () => {
      const {
        state = freshId(this.#options.generateId),
        userAgent,
        data = {},
        ttl = stateTtlMs,
      } = optionsArgument<PutStateOptions>(options)
      if (!isWellFormedId(idArgument(state, 'state'))) throw invalidArgument(`state must have ${idForm}`)
      const now = this.#options.now()
      const key = sha256(state)
      const payload = this.#codec.encodeState(key, data, stringArgument(userAgent, 'userAgent'), now)
      const record = { key, payload, expiresAt: now + durationMs(ttl, 'ttl') }
      return this.#coalescer.write({ kind: 'putState', key, record }, () => state)
    })
  }

  consumeState(state: string, options?: ConsumeStateOptions): Promise<ConsumedState | null> {
    return this.#operation('consumeState', () => {
      const userAgent = stringArgument(optionsArgument<ConsumeStateOptions>(options).userAgent, 'userAgent')
      if (!isWellFormedId(idArgument(state, 'state'))) return Promise.resolve(null)
      const take = { kind: 'consumeState', key: sha256(state) } as const
      return this.#coalescer.write(take, (record) => this.#codec.openState(record, userAgent, this.#options.now()))
    })
  }

  entries(): AsyncGenerator<SessionSummary<Data>, void, undefined> {
    return tracedItems(this.#type, 'entries', this.#entries())
  }

  async *#entries(): AsyncGenerator<SessionSummary<Data>, void, undefined> {
    this.#refuseWhereImpossible('entries')
    const next = this.#pages.summaries<Data>((backend, cursor, now) => {
      // The first page was asked for before a close that began meanwhile.
      if (cursor !== null) this.#refuseWhereImpossible('entries')
      return scanPage(backend, cursor, now)
    })
    for await (const page of next) yield* page
  }

  ping(): Promise<void> {
    return this.#steps('ping', () => this.#backend.call((backend) => backend.ping()))
  }

  close(): Promise<void> {
    this.#sweeper?.stop()
    return this.#lifecycle.close(() => this.#backend.close().catch(this.#report))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Resolves with what `map` makes of the new expiry and of now, or with null where there is no session. `ttlMs` null: its own. */
  #touch<T>(key: string, ttlMs: number | null, map: (expiresAt: Date, seenAt: Date) => T): Promise<T | null> {
    const seenAt = this.#options.now()
    const touch = { kind: 'touch', key, seenAt, ttlMs, defaultTtlMs: this.#options.ttlMs } as const
    return this.#coalescer.write(touch, (moved) => (moved === null ? null : map(givenExpiry(moved), new Date(seenAt))))
  }

  /** Makes of a stored session the writes of its rotation, one for each new id that is tried; null where it counts as absent. */
  #rotation({ identity, data, ttl, deadline: limit }: RotateOptions<Data>) {
    const givenTtlMs = ttl === undefined ? null : durationMs(ttl, 'ttl')
    const isSignIn = identity !== undefined && identity !== null
    return (id: string, held: HeldKey, stored: SessionRecord) => {
      // It is decoded before the old id dies: a session that cannot be read keeps it.
      const session = this.#codec.decode<Data>(id, stored)
      if (session === null) return null
      const now = this.#options.now()
      const ttlMs = givenTtlMs ?? session.ttlMs
      const authenticatedAt = session.authenticatedAt?.getTime() ?? null
      const writesNothingNew = identity === undefined && data === undefined
      const encoding = this.#codec.encode(
        {
          identity: identity === undefined ? session.identity : identity,
          data: data ?? session.data,
          createdAt: stored.createdAt,
          lastSeenAt: now,
          authenticatedAt: isSignIn ? now : identity === null ? null : authenticatedAt,
          expiresAt: isSignIn ? now + ttlMs : stored.expiresAt,
          ttlMs,
          deadline: isSignIn ? this.#deadline(limit, now) : earlier(stored.deadline, limit, now),
        },
        // What was stored once is not too large now.
        writesNothingNew ? Number.POSITIVE_INFINITY : undefined,
      )
      return (newId: string) => {
        const newKey = this.#codec.keyOf(newId)
        const encoded = encoding.under(newKey, newId, writesNothingNew ? stored.version : undefined)
        const record = { ...encoded.record, keepsExpiry: !isSignIn }
        const rotate = { kind: 'rotate', key: stored.key, newKey, record, ifVersion: stored.version } as const
        return held.write(rotate, (outcome) => {
          if (outcome === 'taken') return null
          return typeof outcome === 'string' ? outcome : this.#codec.stored<Data>(newId, encoded, outcome)
        })
      }
    }
  }

  /** The absolute limit of a session that begins now. */
  #deadline(given: Date | null | undefined, now: number): number | null {
    if (given === undefined) return this.maxLifetime === null ? null : now + this.maxLifetime
    return given === null ? null : futureInstant(given, 'deadline', now)
  }

  #sweeps(intervalMs: number | null): Sweeper | null {
    if (intervalMs === null || !this.capabilities.cleanExpired) return null
    const sweep = () => this.#lifecycle.tracked(() => this.#cleanUp.run())
    return new Sweeper({ intervalMs, sweep, onError: this.#options.onBackgroundError })
  }

  /** Runs a method: refuses it where the store is closed or lacks it, and turns what it throws into a rejection. */
  #operation<T>(name: string, run: () => Promise<T>): Promise<T> {
    return traced(this.#type, name, () => {
      this.#refuseWhereImpossible(name)
      return run()
    })
  }

  #refuseWhereImpossible(name: string): void {
    if (this.#lifecycle.isClosed) throw new SessionError('SESS_CLOSED', 'the store is closed')
    for (const capability of capabilitiesOfMethod[name] ?? none) this.#refuseWithout(capability, name)
  }

  #refuseWithout(capability: keyof Capabilities, what: string): void {
    if (!this.capabilities[capability])
      throw new SessionError('SESS_UNSUPPORTED', `a ${this.#type} store has no ${what}`)
  }

  /** A method on one id, which answers `absent` to an id that can't exist. */
  #onId<T>(name: string, id: string, absent: T, run: (key: string) => Promise<T>): Promise<T> {
    return traced(this.#type, name, () => {
      this.#refuseWhereImpossible(name)
      return isWellFormedId(idArgument(id)) ? run(this.#codec.keyOf(id)) : Promise.resolve(absent)
    })
  }

  /** A method that is more than one operation of the coalescer. */
  #steps<T>(name: string, run: () => Promise<T>): Promise<T> {
    return traced(this.#type, name, () => {
      this.#refuseWhereImpossible(name)
      return this.#lifecycle.tracked(run)
    })
  }

  #ttlMs(ttl: Duration | undefined): number {
    return ttl === undefined ? this.#options.ttlMs : durationMs(ttl, 'ttl')
  }
}

const none: readonly (keyof Capabilities)[] = []

function asIs<T>(value: T): T {
  return value
}

/** The earlier of a stored limit and one that is given. */
function earlier(stored: number | null, given: Date | null | undefined, now: number): number | null {
  if (given === undefined || given === null) return stored
  return Math.min(futureInstant(given, 'deadline', now), stored ?? Number.POSITIVE_INFINITY)
}

function reporter(onBackgroundError: (error: Error) => void): (error: Error) => void {
  return (error) => {
    try {
      onBackgroundError(error)
    } catch {
      // A listener that throws must not end the process that it watches.
    }
  }
}

function partsOf(given: SessionBackend, options: ResolvedOptions, report: (error: Error) => void): StoreParts {
  const { now, timeoutMs, updateTimeoutMs, coalesce } = options
  const pending = new Pending(options)
  const codec = new SessionCodec(options)
  const backend = new GuardedBackend(given, { now, timeoutMs, pending, codec })
  const { immediate, ...batching }: Batching = given.batching ?? defaultBatching
  const coalescer = new Coalescer(backend, {
    ...(coalesce ? batching : aloneBatching),
    ...(immediate !== undefined && { immediate }),
    timeoutMs,
    pending,
    toError: backend.toError,
  })
  const turns = new UpdateTurns(coalescer, updateTimeoutMs)
  return { options, codec, backend, coalescer, turns, lifecycle: new Lifecycle(coalescer), report }
}
