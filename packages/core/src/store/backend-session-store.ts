import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { Capabilities } from '../contract/capabilities.ts'
import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { IdentityRef, Session, SessionInput, SessionSummary } from '../contract/session.ts'
import type {
  ConsumedState,
  ConsumeStateOptions,
  CreateOptions,
  PutStateOptions,
  SessionChange,
  SessionStore,
  TouchOptions,
} from '../contract/session-store.ts'
import { durationMs } from '../registry/durations.ts'
import { checkSession, idArgument, identityRef, instant, optionsArgument, textArgument } from './arguments.ts'
import type { Batching, SessionBackend, SessionRecord } from './backend.ts'
import { Coalescer, type HeldKey } from './coalescer.ts'
import { OpenedBackend } from './opened-backend.ts'
import { decodeSession, decodeSummary, encodeSession, storedSession } from './records.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { identityKeyOf, isWellFormedId, sha256 } from './session-id.ts'
import { encodeState, openState } from './states.ts'
import { Sweeper } from './sweeper.ts'
import { traced } from './tracing.ts'

const defaultBatching = { maxOperations: 64, readLanes: 2, writeLanes: 2 }
/** Without company there is no batch to wait for; a connection pool bounds what is really under way. */
const aloneBatching = { maxOperations: 1, readLanes: 64, writeLanes: 64 }

const collisionTries = 4
/** Far more ids than it takes to find one beside another; a source of ids that runs in circles ends here. */
const colocationTries = 100_000
const updateTries = 64
/** From this try on, writers who meet again and again step aside for a random moment. */
const firstPausedTry = 4
const stateTtlMs = 10 * 60_000
const pageSize = 256
const turnsBetweenSteps = 4

/** The store over a backend: what {@link SessionStore} promises, made of storage primitives. */
export class BackendSessionStore<Data extends JsonObject> implements SessionStore<Data> {
  readonly capabilities: Capabilities
  readonly #type: string
  readonly #options: ResolvedOptions
  readonly #backend: OpenedBackend
  readonly #colocated: (key: string, newKey: string) => boolean
  readonly #coalescer: Coalescer
  readonly #sweeper: Sweeper | null
  readonly #keyOf: (id: string) => string
  /** Calls beside the coalescer that are under way. */
  readonly #calls = new Set<Promise<unknown>>()
  #lastCleanUp: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | null = null

  constructor(backend: SessionBackend, capabilities: Capabilities, options: ResolvedOptions) {
    const { timeoutMs, maxPending, maxPendingBytes, cleanupIntervalMs, onBackgroundError } = options
    this.capabilities = capabilities
    this.#type = backend.type
    this.#options = options
    this.#backend = new OpenedBackend(backend, options.now, timeoutMs)
    this.#colocated = (key, newKey) => backend.colocated?.(key, newKey) ?? true
    this.#keyOf = options.ids === 'hashed' ? sha256 : (id) => id
    const { immediate, ...batching }: Batching = backend.batching ?? defaultBatching
    this.#coalescer = new Coalescer(this.#backend, {
      ...(options.coalesce ? batching : aloneBatching),
      ...(immediate !== undefined && { immediate }),
      timeoutMs,
      maxPending,
      maxPendingBytes,
      toError: this.#backend.toError,
    })
    this.#sweeper =
      cleanupIntervalMs === null || !capabilities.cleanExpired
        ? null
        : new Sweeper({ intervalMs: cleanupIntervalMs, sweep: () => this.#clean(), onError: onBackgroundError })
  }

  create(options?: CreateOptions<Data>): Promise<Session<Data>> {
    return this.#operation('create', 'create', async () => {
      const { identity, data, ttl, deadline } = optionsArgument(options) as CreateOptions<Data>
      const createdAt = this.#options.now()
      const expiresAt = createdAt + this.#ttlMs(ttl)
      const deadlineMs = deadline === undefined || deadline === null ? null : instant(deadline, 'deadline')
      if (deadlineMs !== null && deadlineMs <= createdAt) throw invalidArgument('the deadline has passed')
      const fields = { identity: identity ?? null, data: data ?? {}, createdAt, expiresAt, deadline: deadlineMs }
      const encoded = encodeSession('', fields, this.#options.maxBytes)
      return this.#withFreshId(async (id) => {
        const record = { ...encoded.record, key: this.#keyOf(id) }
        const insert = { kind: 'insert', key: record.key, record } as const
        return this.#coalescer.write(insert, (inserted) => (inserted ? storedSession<Data>(id, encoded) : null))
      })
    })
  }

  save(input: SessionInput<Data>): Promise<Session<Data>> {
    return this.#operation('save', null, () => {
      const checked = checkSession(input)
      const { id, version } = checked
      const now = this.#options.now()
      const key = this.#keyOf(id)
      const session = { ...checked, createdAt: checked.createdAt ?? now }
      const encoded = encodeSession(key, session, this.#options.maxBytes)
      const { record } = encoded
      const saved = (isGone: boolean) => {
        if (isGone) {
          throw new SessionError('SESS_GONE', 'the session was deleted, expired or rotated away; nothing is written')
        }
        return storedSession<Data>(id, encoded)
      }
      if (record.expiresAt <= now) {
        return this.#coalescer.write({ kind: 'delete', key }, (wasLive) => saved(version !== null && !wasLive))
      }
      return version === null
        ? this.#coalescer.write({ kind: 'put', key, record }, () => saved(false))
        : this.#coalescer.write({ kind: 'replace', key, record }, (written) => saved(!written))
    })
  }

  load(id: string): Promise<Session<Data> | null> {
    return this.#onId('load', null, id, null, (key) =>
      this.#coalescer.read(key, (record) => (this.#isLive(record) ? decodeSession<Data>(id, record) : null)),
    )
  }

  exists(id: string): Promise<boolean> {
    return this.#onId('exists', null, id, false, (key) => this.#coalescer.read(key, (record) => this.#isLive(record)))
  }

  delete(id: string): Promise<boolean> {
    return this.#onId('delete', null, id, false, (key) => this.#coalescer.write({ kind: 'delete', key }, asIs))
  }

  update(id: string, change: SessionChange<Data>): Promise<Session<Data> | null> {
    return this.#onId('update', 'update', id, null, (key) => {
      if (typeof change !== 'function') throw invalidArgument('change is a function')
      return this.#track(this.#coalescer.exclusive(key, (held) => this.#change(id, held, change)))
    })
  }

  async #change(id: string, held: HeldKey, change: SessionChange<Data>): Promise<Session<Data> | null> {
    for (let tries = 0; tries < updateTries; tries += 1) {
      if (tries >= firstPausedTry) await delay(Math.random() * Math.min(2 ** (tries - firstPausedTry), 32))
      const stored = await held.read(asIs)
      if (!this.#isLive(stored)) return null
      const session = decodeSession<Data>(id, stored)
      const changed = checkSession((await held.call(() => change(session))) ?? session)
      if (changed.id !== id) throw invalidArgument('an update keeps the id; rotate gives a new one')
      // What a change can't move stays as it is stored, whatever the changed session says.
      const { createdAt, deadline } = stored
      const fields = { ...changed, createdAt, deadline }
      const encoded = encodeSession(stored.key, fields, this.#options.maxBytes)
      const { record } = encoded
      const { version: ifVersion, expiresAt: ifExpiresAt } = stored
      const swap = { kind: 'swap', key: record.key, record, ifVersion, ifExpiresAt } as const
      const outcome = await held.write(swap, asIs)
      if (outcome === 'gone') return null
      if (outcome === 'written') return this.#isLive(record) ? storedSession<Data>(id, encoded) : null
    }
    throw new SessionError('SESS_CONFLICT', `other writers came between ${updateTries} times; nothing is written`)
  }

  touch(id: string, options?: TouchOptions): Promise<Date | null> {
    return this.#onId('touch', 'touch', id, null, (key) => {
      const expiresAt = this.#options.now() + this.#ttlMs((optionsArgument(options) as TouchOptions).ttl)
      return this.#coalescer.write({ kind: 'touch', key, expiresAt }, (moved) =>
        moved === null ? null : new Date(moved),
      )
    })
  }

  rotate(id: string): Promise<Session<Data> | null> {
    return this.#onId('rotate', 'rotate', id, null, (key) =>
      this.#track(
        this.#coalescer.exclusive(key, (held) =>
          this.#withFreshId(
            (newId) =>
              held.write({ kind: 'rotate', key, newKey: this.#keyOf(newId) }, (record) =>
                record === 'taken' ? null : { session: record === null ? null : decodeSession<Data>(newId, record) },
              ),
            (newId) => this.#colocated(key, this.#keyOf(newId)),
          ).then(({ session }) => session),
        ),
      ),
    )
  }

  count(): Promise<number> {
    return this.#call('count', 'count', (backend, now) => backend.count?.(now) ?? 0)
  }

  cleanExpired(): Promise<number> {
    return this.#operation('cleanExpired', 'cleanExpired', () => this.#track(this.#clean()))
  }

  /** One clean-up at a time: what is asked for meanwhile comes after, and so sees what has expired since. */
  #clean(): Promise<number> {
    const cleaned = this.#lastCleanUp.then(() => this.#cleanInSteps())
    this.#lastCleanUp = cleaned.catch(() => {})
    return cleaned
  }

  async #cleanInSteps(): Promise<number> {
    let sessions = 0
    for (let more = true; more; ) {
      const cleaned = await this.#backend.call((backend, now) =>
        backend.cleanExpired?.(now, backend.cleanUpStep ?? pageSize),
      )
      sessions += cleaned?.sessions ?? 0
      more = cleaned?.more === true
      // Of the time of a backend that blocks, others who are waiting get the greater part.
      for (let turn = 0; more && turn < turnsBetweenSteps; turn += 1) await nextTurn()
    }
    return sessions
  }

  listByIdentity(ref: IdentityRef): Promise<SessionSummary<Data>[]> {
    return this.#call('listByIdentity', 'identityIndex', async (backend, now) => {
      const records = (await backend.listByIdentity?.(identityKeyOf(identityRef(ref)), now)) ?? []
      return records
        .map((record) => decodeSummary<Data>(this.#handleOf(record), record))
        .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.handle < b.handle ? -1 : 1))
    })
  }

  deleteByIdentity(ref: IdentityRef, options?: { except?: string }): Promise<number> {
    return this.#call('deleteByIdentity', 'identityIndex', (backend, now) => {
      const { except } = optionsArgument(options) as { except?: string }
      const exceptKey = except === undefined ? null : this.#keyOf(idArgument(except))
      return backend.deleteByIdentity?.(identityKeyOf(identityRef(ref)), exceptKey, now) ?? 0
    })
  }

  deleteByHandle(handle: string): Promise<boolean> {
    return this.#operation('deleteByHandle', 'handles', async () => {
      const key = isWellFormedId(idArgument(handle)) ? await this.#track(this.#keyOfHandle(handle)) : null
      return key !== null && this.#coalescer.write({ kind: 'delete', key }, asIs)
    })
  }

  putState(options?: PutStateOptions): Promise<string> {
    return this.#operation('putState', 'states', () => {
      const {
        state = this.#options.generateId(),
        userAgent,
        data = {},
        ttl,
      } = optionsArgument(options) as PutStateOptions
      if (!isWellFormedId(idArgument(state)))
        throw invalidArgument('a state has the characters and the length of an id')
      const now = this.#options.now()
      const payload = encodeState(data, textArgument(userAgent, 'userAgent'), now, this.#options.maxBytes)
      const key = sha256(state)
      const record = { key, payload, expiresAt: now + (ttl === undefined ? stateTtlMs : durationMs(ttl)) }
      return this.#coalescer.write({ kind: 'putState', key, record }, () => state)
    })
  }

  consumeState(state: string, options?: ConsumeStateOptions): Promise<ConsumedState | null> {
    return this.#operation('consumeState', 'states', async () => {
      const userAgent = textArgument((optionsArgument(options) as ConsumeStateOptions).userAgent, 'userAgent')
      if (!isWellFormedId(idArgument(state))) return null
      const take = { kind: 'takeState', key: sha256(state) } as const
      return this.#coalescer.write(take, (record) => openState(record, userAgent, this.#options.now()))
    })
  }

  async *entries(): AsyncGenerator<SessionSummary<Data>, void, undefined> {
    let cursor: string | null = null
    do {
      const page = await this.#call('entries', 'scan', (backend, now) => backend.scan?.(cursor, pageSize, now))
      for (const record of page?.records ?? []) yield decodeSummary<Data>(this.#handleOf(record), record)
      cursor = page?.cursor ?? null
    } while (cursor !== null)
  }

  ping(): Promise<void> {
    return this.#call('ping', null, (backend) => backend.ping())
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#sweeper?.stop()
    // An update is between two of its steps when the coalescer is idle, so both must be done at once.
    do {
      await this.#coalescer.idle()
      await Promise.allSettled(this.#calls)
    } while (this.#calls.size > 0)
    await this.#backend.close()
  }

  /** Runs a method: refuses it where the store is closed or lacks it, and turns what it throws into a rejection. */
  #operation<T>(name: string, capability: keyof Capabilities | null, run: () => Promise<T>): Promise<T> {
    try {
      if (this.#closing !== null) throw new SessionError('SESS_CLOSED', 'the store is closed')
      if (capability !== null && !this.capabilities[capability]) {
        throw new SessionError('SESS_UNSUPPORTED', `a ${this.#type} store has no ${name}`)
      }
      return traced(this.#type, name, run)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** A method on one id, which answers `absent` to an id that can't exist. */
  #onId<T>(
    name: string,
    capability: keyof Capabilities | null,
    id: string,
    absent: T,
    run: (key: string) => Promise<T>,
  ): Promise<T> {
    return this.#operation(name, capability, () =>
      isWellFormedId(idArgument(id)) ? run(this.#keyOf(id)) : Promise.resolve(absent),
    )
  }

  /** A method that is one call of the backend, beside the coalescer. */
  #call<T>(
    name: string,
    capability: keyof Capabilities | null,
    run: (backend: SessionBackend, now: number) => T | Promise<T>,
  ): Promise<T> {
    return this.#operation(name, capability, () => this.#track(this.#backend.call(run)))
  }

  /** Makes `close` wait for it. */
  #track<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call)
    const done = () => this.#calls.delete(call)
    call.then(done, done)
    return call
  }

  /** Tries fresh ids until `attempt` gives other than null. @throws `SESS_COLLISION` after a few */
  async #withFreshId<T>(
    attempt: (id: string) => Promise<T | null>,
    isFit: (id: string) => boolean = () => true,
  ): Promise<T> {
    for (let tries = 0; tries < collisionTries; tries += 1) {
      let id = this.#options.generateId()
      for (let draws = 1; draws < colocationTries && !isFit(id); draws += 1) id = this.#options.generateId()
      const result = isFit(id) ? await attempt(id) : null
      if (result !== null) return result
    }
    throw new SessionError('SESS_COLLISION', `no free id in ${collisionTries} tries: the source of ids is not random`)
  }

  #ttlMs(ttl: CreateOptions['ttl']): number {
    return ttl === undefined ? this.#options.ttlMs : durationMs(ttl)
  }

  #isLive(record: SessionRecord | null): record is SessionRecord {
    return record !== null && record.expiresAt > this.#options.now()
  }

  /** The SHA-256 of the id, which where ids are hashed is the key. */
  #handleOf({ key }: SessionRecord): string {
    return this.#options.ids === 'hashed' ? key : sha256(key)
  }

  /** Where ids are kept plain nothing leads from a handle to its key, so it is looked for among all live sessions. */
  async #keyOfHandle(handle: string): Promise<string | null> {
    if (this.#options.ids === 'hashed') return handle
    let cursor: string | null = null
    do {
      const page = await this.#backend.call((backend, now) => backend.scan?.(cursor, pageSize, now))
      const found = page?.records.find((record) => this.#handleOf(record) === handle)
      if (found !== undefined) return found.key
      cursor = page?.cursor ?? null
    } while (cursor !== null)
    return null
  }
}

function asIs<T>(value: T): T {
  return value
}
