import { type ConsumedState, durationMs, type Identity, isSessionError, type Session, SessionError } from '@sess/core'
import type { BeginSignInOptions, Device, Draft, HttpSession, SignInOptions } from './http-session.ts'
import type { Settings } from './options.ts'
import { tokenOf } from './own-pages.ts'
import { isRetired, retire } from './retired-ids.ts'
import { deepFreeze, SessionData } from './session-data.ts'
import type { SignInStates } from './sign-in-states.ts'

/** What the response must tell the browser about its cookie. */
export type CookieChange = { readonly id: string; readonly maxAge: number | undefined } | 'clear' | null

type Change<Data extends object> = Parameters<HttpSession<Data>['update']>[0]

/** The session of one request, from its load to the moment before its response leaves. */
export class RequestSession<Data extends object> implements HttpSession<Data> {
  readonly #settings: Settings<Data>
  readonly #states: SignInStates
  /** The ids that the cookie named. */
  readonly #sentIds: readonly string[]
  readonly #cameWithSession: boolean
  #current: Session<Data> | null
  #data: SessionData<Data> | undefined
  #cookieChange: CookieChange = null
  /** Writes take their turn, awaited or not. */
  #turn: Promise<unknown> = Promise.resolve()
  readonly #running = new Set<Promise<unknown>>()
  #failed: SessionError | undefined
  #isOver = false
  /** Whether the handler has looked at the session: its response is then this browser's alone. */
  isUsed = false

  constructor(
    settings: Settings<Data>,
    states: SignInStates,
    sentIds: readonly string[],
    loaded: Session<Data> | null,
  ) {
    this.#settings = settings
    this.#states = states
    this.#sentIds = sentIds
    this.#current = loaded
    this.#cameWithSession = loaded !== null
  }

  get data(): Data {
    return this.#opened.value
  }

  set data(data: Data) {
    if (this.#isOver) throw new TypeError('data cannot change once the response has left')
    this.#opened.replace(data)
  }

  get identity(): Identity | null {
    return deepFreeze(structuredClone(this.#read?.identity ?? null))
  }

  get handle(): string | null {
    return this.#read?.handle ?? null
  }

  get createdAt(): Date | null {
    return this.#read?.createdAt ?? null
  }

  get lastSeenAt(): Date | null {
    return this.#read?.lastSeenAt ?? null
  }

  get authenticatedAt(): Date | null {
    return this.#read?.authenticatedAt ?? null
  }

  get expiresAt(): Date | null {
    const ms = this.#read?.expiresAt.getTime()
    return ms === undefined ? null : new Date(ms)
  }

  get deadline(): Date | null {
    return this.#read?.deadline ?? null
  }

  get csrfToken(): string {
    const id = this.#read?.id
    return id === undefined ? '' : tokenOf(id)
  }

  update(change: Change<Data>): Promise<void> {
    return this.#write(() => (this.#current === null ? this.#createWith(change) : this.#updateStored(change)))
  }

  signIn(identity: Identity, options: SignInOptions<Data> = {}): Promise<void> {
    return this.#write(async () => {
      this.#refuseWhenOver()
      const { ttl, deadline } = this.#times(options)
      const before = this.#current
      const isTheirs = before === null || before.identity === null || isSamePerson(before.identity, identity)
      // Another person's data is not for this one's eyes.
      const data = options.data ?? (isTheirs ? undefined : this.#settings.initial())
      if (before !== null && data === undefined) await this.#saveChanges().catch(exceptGone)
      const given = { identity, ...ttl, ...deadline }
      const { store } = this.#settings
      if (before !== null) await retire(store, before.id)
      const rotated = before && (await store.rotate(before.id, data === undefined ? given : { ...given, data }))
      // Where the old session has ended meanwhile, who has just proved who they are gets one all the same.
      const fresh = data ?? (before === null ? this.#opened.value : this.#settings.initial())
      this.#take(rotated ?? (await store.create({ ...given, data: fresh })), options.persist)
    })
  }

  signOut(): Promise<boolean> {
    return this.#write(async () => {
      this.#refuseWhenOver()
      const { store, initial } = this.#settings
      const ending = this.#current
      if (ending === null) return false
      await retire(store, ending.id)
      const isEnded = await store.delete(ending.id)
      this.#current = null
      this.#data = new SessionData(initial())
      // Where it was over already, the browser may have the cookie of a newer one by now.
      if (isEnded) this.#cookieChange = this.#cameWithSession ? 'clear' : null
      return isEnded
    })
  }

  signOutOthers(): Promise<number> {
    return this.#write(async () => {
      const { identity = null, id = '' } = this.#read ?? {}
      return identity === null ? 0 : this.#settings.store.deleteByIdentity(identity, { except: id })
    })
  }

  async signOutDevice(handle: string): Promise<boolean> {
    if (handle === this.handle) return this.signOut()
    return this.#write(async () => {
      const identity = this.#read?.identity ?? null
      return identity !== null && (await this.#settings.store.deleteByHandle(handle, { identity }))
    })
  }

  async devices(): Promise<Device<Data>[]> {
    const session = this.#read
    if (!session?.identity) return []
    const summaries = await this.#settings.store.listByIdentity(session.identity)
    return summaries.map((summary) => ({ ...summary, isThis: summary.handle === this.#current?.handle }))
  }

  beginSignIn(options: BeginSignInOptions = {}): Promise<string> {
    return this.#write(async () => {
      this.#refuseWhenOver()
      return this.#states.begin(options)
    })
  }

  finishSignIn(state: string): Promise<ConsumedState | null> {
    this.isUsed = true
    return this.#states.finish(state)
  }

  /**
   * Writes what is still to be written, once the handler has returned. Resolves with the error of a write that failed at the
   * store; rejects with what a change threw for which nobody has waited.
   */
  async finish(): Promise<SessionError | undefined> {
    if (this.#data?.isChanged) this.#write(() => this.#saveChanges()).catch(() => {})
    while (this.#running.size > 0) {
      for (const outcome of await Promise.allSettled(this.#running)) {
        if (outcome.status === 'rejected' && !isSessionError(outcome.reason)) throw outcome.reason
      }
    }
    this.close()
    return this.#failed
  }

  /** Nothing more can reach the browser. */
  close(): void {
    this.#isOver = true
    this.#data?.freeze()
  }

  get cookieChange(): CookieChange {
    return this.#cookieChange
  }

  get #read(): Session<Data> | null {
    this.isUsed = true
    return this.#current
  }

  get #opened(): SessionData<Data> {
    const stored = this.#read
    if (this.#data === undefined) {
      this.#data = new SessionData(structuredClone(stored === null ? this.#settings.initial() : stored.data))
      if (this.#isOver) this.#data.freeze()
    }
    return this.#data
  }

  /** Runs a write in its turn, and remembers the first that fails at the store. */
  #write<Result>(write: () => Promise<Result>): Promise<Result> {
    this.isUsed = true
    const written = this.#turn.then(write)
    this.#running.add(written)
    this.#turn = written
      .catch((error) => {
        if (isSessionError(error)) this.#failed ??= error
      })
      .finally(() => this.#running.delete(written))
    return written
  }

  async #createWith(change: Change<Data>): Promise<void> {
    const draft: Draft<Data> = { data: structuredClone(this.#opened.value) }
    const { data } = (await change(draft)) ?? draft
    await this.#create(data)
  }

  async #updateStored(change: Change<Data>): Promise<void> {
    const { id } = this.#current as Session<Data>
    const local = this.#opened
    const written = await this.#settings.store.update(id, (stored) => {
      local.mergeInto(stored.data)
      const draft: Draft<Data> = { data: stored.data }
      const take = (changed: Draft<Data> | undefined) => {
        stored.data = (changed ?? draft).data
      }
      const changed = change(draft) as Draft<Data> | undefined | Promise<Draft<Data> | undefined>
      return changed instanceof Promise ? changed.then(take) : take(changed)
    })
    this.#keep(written)
  }

  /** Writes the data that the handler changed in place: as a whole where nobody else wrote meanwhile, else key by key. */
  async #saveChanges(): Promise<void> {
    const local = this.#opened
    if (!local.isChanged) return
    const session = this.#current
    if (session === null) return this.#create(local.value)
    const { store } = this.#settings
    if (store.capabilities.update) {
      try {
        return this.#keep(await store.save({ ...session, data: local.value }, { if: 'unchanged' }))
      } catch (error) {
        if (!isSessionError(error, 'SESS_CONFLICT')) throw error
      }
    }
    this.#keep(
      await store.update(session.id, (stored) => {
        local.mergeInto(stored.data)
      }),
    )
  }

  async #create(data: Data): Promise<void> {
    this.#refuseWhenOver()
    const { store } = this.#settings
    if (await isRetired(store, this.#sentIds)) throw gone()
    const { ttl, deadline } = this.#times({})
    this.#take(await store.create({ data, ...ttl, ...deadline }), undefined)
  }

  #times({ idle, absolute }: Pick<SignInOptions<Data>, 'idle' | 'absolute'>) {
    const { idleMs, absoluteMs, touchMs, now } = this.#settings
    const idleTime = idle === undefined ? idleMs : durationMs(idle, 'idle')
    if (idle !== undefined && touchMs !== undefined && idleTime !== undefined && idleTime < 2 * touchMs) {
      throw new TypeError('idle must be at least twice touchEvery: a session in use would end between two touches')
    }
    const limit = absolute === undefined ? absoluteMs : absolute === null ? null : durationMs(absolute, 'absolute')
    return {
      ttl: idleTime === undefined ? {} : { ttl: idleTime },
      deadline: limit === undefined ? {} : { deadline: limit === null ? null : new Date(now() + limit) },
    }
  }

  /** Takes a session under a new id, which the browser must be told. */
  #take(session: Session<Data>, persist = this.#settings.persist): void {
    this.#keep(session)
    const limit = session.deadline ?? session.expiresAt
    const left = Math.max(1, Math.ceil((limit.getTime() - this.#settings.now()) / 1000))
    this.#cookieChange = { id: session.id, maxAge: persist ? left : undefined }
  }

  #keep(session: Session<Data> | null): void {
    if (session === null) throw gone()
    this.#current = session
    if (this.#isOver) this.#data = undefined
    else this.#data?.refresh(session.data)
  }

  #refuseWhenOver(): void {
    if (this.#isOver) throw new TypeError('this would set a cookie, and the response has left')
  }
}

function gone(): SessionError {
  return new SessionError('SESS_GONE', 'The session of this request has ended or has another id by now')
}

/** Who has just proved who they are is signed in also where the old session has ended meanwhile. */
function exceptGone(error: unknown): void {
  if (!isSessionError(error, 'SESS_GONE')) throw error
}

function isSamePerson(a: Identity, b: Identity): boolean {
  return a.providerId === b.providerId && a.externalId === b.externalId
}
