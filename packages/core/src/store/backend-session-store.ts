import { setTimeout as delay } from 'node:timers/promises'
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
import { checkedCount, checkedPage, checkedStep } from './answers.ts'
import { checkSession, idArgument, identityRef, instant, optionsArgument, stringArgument } from './arguments.ts'
import type { Batching, RecordPage, SessionBackend, SessionRecord } from './backend.ts'
import { CleanUp } from './clean-up.ts'
import { Coalescer, type HeldKey } from './coalescer.ts'
import { freshId, withFreshId } from './fresh-id.ts'
import { GuardedBackend } from './guarded-backend.ts'
import { Pending } from './pending.ts'
import { decodeSession, decodeSummary, encodeSession, storedSession } from './records.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { identityKeyOf, idForm, isWellFormedId, sha256 } from './session-id.ts'
import { encodeState, openState } from './states.ts'
import { pageSize, steps } from './steps.ts'
import { Sweeper } from './sweeper.ts'
import { traced, tracedItems } from './tracing.ts'
import { type UpdateTurn, UpdateTurns } from './update-turns.ts'

const defaultBatching = { maxOperations: 64, readLanes: 2, writeLanes: 2 }
/** Without company there is no batch to wait for; a connection pool bounds what is really under way. */
const aloneBatching = { maxOperations: 1, readLanes: 64, writeLanes: 64 }

const writeTries = 64
/** From this try on, writers who meet again and again step aside for a random moment. */
const firstPausedTry = 4
const stateTtlMs = 10 * 60_000

/** Asks a backend for a page; undefined where it has no such method. */
type NextPage = (
  backend: SessionBackend,
  cursor: string | null,
  now: number,
) => RecordPage | Promise<RecordPage> | undefined

/** The store over a backend: what {@link SessionStore} promises, made of storage primitives. */
export class BackendSessionStore<Data extends JsonObject> implements SessionStore<Data> {
  readonly capabilities: Capabilities
  readonly #type: string
  readonly #options: ResolvedOptions
  readonly #backend: GuardedBackend
  readonly #colocated: (key: string, newKey: string) => boolean
  readonly #coalescer: Coalescer
  readonly #turns: UpdateTurns
  readonly #cleanUp: CleanUp
  readonly #sweeper: Sweeper | null
  readonly #keyOf: (id: string) => string
  /** The methods under way that are more than one operation of the coalescer. */
  #underWay = 0
  #whenDone: (() => void)[] = []
  #closing: Promise<void> | null = null

  constructor(backend: SessionBackend, capabilities: Capabilities, options: ResolvedOptions) {
    const { now, timeoutMs, cleanupIntervalMs, isSystemClock, onBackgroundError: onError } = options
    this.capabilities = capabilities
    this.#type = backend.type
    this.#options = options
    const pending = new Pending(options)
    this.#backend = new GuardedBackend(backend, { now, timeoutMs, pending })
    this.#colocated = (key, newKey) => backend.colocated?.(key, newKey) ?? true
    this.#keyOf = options.ids === 'hashed' ? sha256 : (id) => id
    const { immediate, ...batching }: Batching = backend.batching ?? defaultBatching
    this.#coalescer = new Coalescer(this.#backend, {
      ...(options.coalesce ? batching : aloneBatching),
      ...(immediate !== undefined && { immediate }),
      timeoutMs,
      pending,
      toError: this.#backend.toError,
    })
    this.#turns = new UpdateTurns(this.#coalescer, options.updateTimeoutMs)
    this.#cleanUp = new CleanUp(this.#backend, isSystemClock)
    this.#sweeper =
      cleanupIntervalMs === null || !capabilities.cleanExpired
        ? null
        : new Sweeper({
            intervalMs: cleanupIntervalMs,
            sweep: () => this.#tracked(() => this.#cleanUp.run()),
            onError,
          })
  }

  create(options?: CreateOptions<Data>): Promise<Session<Data>> {
    return this.#steps('create', 'create', () => {
      const { identity, data, ttl, deadline: limit } = optionsArgument(options) as CreateOptions<Data>
      const createdAt = this.#options.now()
      const expiresAt = createdAt + this.#ttlMs(ttl)
      const limitMs = limit === undefined || limit === null ? null : instant(limit, 'deadline')
      if (limitMs !== null && limitMs <= createdAt) throw invalidArgument('deadline must be in the future')
      const fields = { identity: identity ?? null, data: data ?? {}, createdAt, expiresAt, deadline: limitMs }
      const encoded = encodeSession('', fields, this.#options.maxBytes)
      const deadline = this.#coalescer.deadline()
      return withFreshId(this.#options.generateId, (id) => {
        const record = { ...encoded.record, key: this.#keyOf(id) }
        const insert = { kind: 'insert', key: record.key, record } as const
        return this.#coalescer.write(insert, (isNew) => (isNew ? storedSession<Data>(id, encoded) : null), deadline)
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
      const gone = () =>
        new SessionError('SESS_GONE', 'the session was deleted, expired or rotated away; nothing is written')
      if (record.expiresAt <= now) {
        return this.#coalescer.write({ kind: 'delete', key }, (wasLive) => {
          if (version !== null && !wasLive) throw gone()
          return storedSession<Data>(id, encoded)
        })
      }
      if (version === null) {
        return this.#coalescer.write({ kind: 'put', key, record }, () => storedSession<Data>(id, encoded))
      }
      return this.#coalescer.write({ kind: 'replace', key, record }, (times) => {
        if (times === null) throw gone()
        return storedSession<Data>(id, encoded, times)
      })
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
      if (typeof change !== 'function') throw invalidArgument('change must be a function', 'type')
      return this.#tracked(() =>
        this.#untilWritten(key, (held, turn, stored) => {
          const session = decodeSession<Data>(id, stored)
          return turn.run(
            held,
            () => change(session),
            async (result, write) => this.#swap(id, stored, result ?? session, write),
          )
        }),
      )
    })
  }

  /** Writes what a change made of the session, where the stored one is still the one that it was made of. */
  #swap(id: string, stored: SessionRecord, result: Session<Data>, write: HeldKey['write']) {
    const changed = checkSession(result)
    if (changed.id !== id) throw invalidArgument('id must stay as it is in an update; rotate gives a new one')
    // What a change can't move stays as it is stored, whatever the changed session says.
    const { key, createdAt, deadline, version: ifVersion } = stored
    const encoded = encodeSession(key, { ...changed, createdAt, deadline }, this.#options.maxBytes)
    const { record } = encoded
    const expiresAt = changed.expiresAt === stored.expiresAt ? null : record.expiresAt
    const swap = { kind: 'compareAndSwap', key, record: { ...record, expiresAt }, ifVersion } as const
    return write(swap, (outcome) => {
      if (typeof outcome === 'string') return outcome
      return this.#isLive(outcome) ? storedSession<Data>(id, encoded, outcome) : ('gone' as const)
    })
  }

  /**
   * Reads a live session and lets `attempt` write it, again where another writer came between; null where there is none.
   * The key is held from the read to the write, or as long as `attempt` keeps it.
   */
  async #untilWritten<T>(
    key: string,
    attempt: (held: HeldKey, turn: UpdateTurn, stored: SessionRecord) => Promise<T | 'conflict' | 'gone'>,
  ): Promise<T | null> {
    const turn = this.#turns.begin(key)
    try {
      for (let tries = 0; tries < writeTries; tries += 1) {
        if (tries >= firstPausedTry) await delay(Math.random() * Math.min(2 ** (tries - firstPausedTry), 32))
        const held = await turn.hold()
        try {
          const stored = await held.read(asIs)
          if (!this.#isLive(stored)) return null
          const outcome = await attempt(held, turn, stored)
          if (outcome === 'gone') return null
          if (outcome !== 'conflict') return outcome
        } finally {
          held.release()
        }
      }
    } finally {
      turn.end()
    }
    throw new SessionError('SESS_CONFLICT', `other writers came between ${writeTries} times; nothing is written`)
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
      this.#tracked(() =>
        this.#untilWritten(key, (held, _turn, stored) => {
          // It is decoded before the old id dies: a session that cannot be read keeps it.
          const { identity, data } = decodeSession<Data>(id, stored)
          const read = { record: stored, identity, data }
          const ifVersion = stored.version
          const attempt = (newId: string) => {
            const newKey = this.#keyOf(newId)
            const record = { ...stored, key: newKey, expiresAt: null }
            return held.write({ kind: 'rotate', key, newKey, record, ifVersion }, (outcome) => {
              if (outcome === 'taken') return null
              return typeof outcome === 'string' ? outcome : storedSession<Data>(newId, read, outcome)
            })
          }
          return withFreshId(this.#options.generateId, attempt, (newId) => this.#colocated(key, this.#keyOf(newId)))
        }),
      ),
    )
  }

  count(): Promise<number> {
    return this.#steps('count', 'count', () =>
      this.#backend.call(async (backend, now) => checkedCount((await backend.count?.(now)) ?? 0)),
    )
  }

  cleanExpired(): Promise<number> {
    return this.#steps('cleanExpired', 'cleanExpired', () => this.#cleanUp.run())
  }

  listByIdentity(ref: IdentityRef): Promise<SessionSummary<Data>[]> {
    return this.#steps('listByIdentity', 'identityIndex', async () => {
      const identityKey = identityKeyOf(identityRef(ref))
      const summaries = new Map<string, SessionSummary<Data>>()
      const next: NextPage = (backend, cursor, now) => backend.listByIdentity?.(identityKey, cursor, pageSize, now)
      for await (const page of this.#pages(next, identityKey)) {
        for (const summary of page) summaries.set(summary.handle, summary)
      }
      return [...summaries.values()].sort(
        (a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.handle < b.handle ? -1 : 1),
      )
    })
  }

  deleteByIdentity(ref: IdentityRef, options?: { except?: string }): Promise<number> {
    return this.#steps('deleteByIdentity', 'identityIndex', async () => {
      const { except } = optionsArgument(options) as { except?: string }
      const identityKey = identityKeyOf(identityRef(ref))
      // No session has a malformed id, so nothing is excepted then.
      const exceptKey = except === undefined || !isWellFormedId(idArgument(except)) ? null : this.#keyOf(except)
      const step = (cursor: string | null) =>
        this.#backend.call(async (backend, now) =>
          backend.deleteByIdentity === undefined
            ? { ended: 0, cursor: null }
            : checkedStep(await backend.deleteByIdentity(identityKey, exceptKey, cursor, pageSize, now), 'ended'),
        )
      let ended = 0
      for await (const page of steps(step)) ended += page.ended
      return ended
    })
  }

  deleteByHandle(handle: string): Promise<boolean> {
    return this.#steps('deleteByHandle', 'handles', async () => {
      const key = isWellFormedId(idArgument(handle, 'handle')) ? await this.#keyOfHandle(handle) : null
      return key !== null && this.#coalescer.write({ kind: 'delete', key }, asIs)
    })
  }

  putState(options?: PutStateOptions): Promise<string> {
    return this.#operation('putState', 'states', () => {
      const {
        state = freshId(this.#options.generateId),
        userAgent,
        data = {},
        ttl,
      } = optionsArgument(options) as PutStateOptions
      if (!isWellFormedId(idArgument(state, 'state'))) {
        throw invalidArgument(`state must have ${idForm}`)
      }
      const now = this.#options.now()
      const payload = encodeState(data, stringArgument(userAgent, 'userAgent'), now, this.#options.maxBytes)
      const key = sha256(state)
      const record = { key, payload, expiresAt: now + (ttl === undefined ? stateTtlMs : durationMs(ttl, 'ttl')) }
      return this.#coalescer.write({ kind: 'putState', key, record }, () => state)
    })
  }

  consumeState(state: string, options?: ConsumeStateOptions): Promise<ConsumedState | null> {
    return this.#operation('consumeState', 'states', () => {
      const userAgent = stringArgument((optionsArgument(options) as ConsumeStateOptions).userAgent, 'userAgent')
      if (!isWellFormedId(idArgument(state, 'state'))) return Promise.resolve(null)
      const take = { kind: 'consumeState', key: sha256(state) } as const
      return this.#coalescer.write(take, (record) => openState(record, userAgent, this.#options.now()))
    })
  }

  entries(): AsyncGenerator<SessionSummary<Data>, void, undefined> {
    return tracedItems(this.#type, 'entries', this.#entries())
  }

  async *#entries(): AsyncGenerator<SessionSummary<Data>, void, undefined> {
    this.#refuseWhereImpossible('entries', 'scan')
    for await (const page of this.#pages((backend, cursor, now) => {
      // The first page was asked for before a close that began meanwhile.
      if (cursor !== null) this.#refuseWhereImpossible('entries', 'scan')
      return backend.scan?.(cursor, pageSize, now)
    })) {
      yield* page
    }
  }

  ping(): Promise<void> {
    return this.#steps('ping', null, () => this.#backend.call((backend) => backend.ping()))
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
    // The methods of several steps first: between two of its steps the coalescer knows nothing of one.
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#whenDone.push(resolve))
    await this.#coalescer.idle()
    try {
      await this.#backend.close()
    } catch (error) {
      this.#report(error as Error)
    }
  }

  /** Runs a method: refuses it where the store is closed or lacks it, and turns what it throws into a rejection. */
  #operation<T>(name: string, capability: keyof Capabilities | null, run: () => Promise<T>): Promise<T> {
    return traced(this.#type, name, () => {
      this.#refuseWhereImpossible(name, capability)
      return run()
    })
  }

  #refuseWhereImpossible(name: string, capability: keyof Capabilities | null): void {
    if (this.#closing !== null) throw new SessionError('SESS_CLOSED', 'the store is closed')
    if (capability !== null && !this.capabilities[capability]) {
      throw new SessionError('SESS_UNSUPPORTED', `a ${this.#type} store has no ${name}`)
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
    return traced(this.#type, name, () => {
      this.#refuseWhereImpossible(name, capability)
      return isWellFormedId(idArgument(id)) ? run(this.#keyOf(id)) : Promise.resolve(absent)
    })
  }

  /** A method that is more than one operation of the coalescer. */
  #steps<T>(name: string, capability: keyof Capabilities | null, run: () => Promise<T>): Promise<T> {
    return traced(this.#type, name, () => {
      this.#refuseWhereImpossible(name, capability)
      return this.#tracked(run)
    })
  }

  /** Makes `close` wait for it. */
  async #tracked<T>(run: () => Promise<T>): Promise<T> {
    this.#underWay += 1
    try {
      return await run()
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) for (const resolve of this.#whenDone.splice(0)) resolve()
    }
  }

  /** The sessions of each page that can be read; of the others `onBackgroundError` hears. */
  async *#pages(next: NextPage, identityKey?: string): AsyncGenerator<SessionSummary<Data>[], void, undefined> {
    for await (const records of this.#records(next, identityKey)) {
      yield records.flatMap((record) => this.#readable(record))
    }
  }

  /** The records of each page. */
  async *#records(
    next: NextPage,
    identityKey?: string,
  ): AsyncGenerator<readonly (SessionRecord | Error)[], void, undefined> {
    const step = (cursor: string | null) =>
      this.#tracked(() =>
        this.#backend.call(async (backend, now) =>
          checkedPage((await next(backend, cursor, now)) ?? { records: [], cursor: null }, identityKey),
        ),
      )
    for await (const { records } of steps(step)) yield records
  }

  #readable(record: SessionRecord | Error): SessionSummary<Data>[] {
    try {
      if (record instanceof Error) throw record
      if (!this.#isLive(record)) return []
      return [decodeSummary<Data>(this.#handleOf(record), record)]
    } catch (error) {
      this.#report(this.#backend.toError(error))
      return []
    }
  }

  /** Tells the application of an error that no caller is waiting for. */
  #report(error: Error): void {
    try {
      this.#options.onBackgroundError(error)
    } catch {
      // A listener that throws must not end the process that it watches.
    }
  }

  #ttlMs(ttl: CreateOptions['ttl']): number {
    return ttl === undefined ? this.#options.ttlMs : durationMs(ttl, 'ttl')
  }

  #isLive<T extends { readonly expiresAt: number }>(stored: T | null): stored is T {
    return stored !== null && stored.expiresAt > this.#options.now()
  }

  /** The SHA-256 of the id, which where ids are hashed is the key. */
  #handleOf({ key }: SessionRecord): string {
    return this.#options.ids === 'hashed' ? key : sha256(key)
  }

  /** Where ids are kept plain nothing leads from a handle to its key, so it is looked for among all live sessions. */
  async #keyOfHandle(handle: string): Promise<string | null> {
    if (this.#options.ids === 'hashed') return handle
    for await (const records of this.#records((backend, cursor, now) => backend.scan?.(cursor, pageSize, now))) {
      const found = records.find((record) => !(record instanceof Error) && this.#handleOf(record) === handle)
      if (found !== undefined) return (found as SessionRecord).key
    }
    return null
  }
}

function asIs<T>(value: T): T {
  return value
}
