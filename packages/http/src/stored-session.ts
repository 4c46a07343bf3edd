import { durationMs, type Identity, isSessionError, type Session, SessionError } from '@sess/core'
import type { Draft, HttpSession, SignInOptions } from './http-session.ts'
import type { LoadedSession } from './load-session.ts'
import type { Settings } from './options.ts'
import { isRetired, retire } from './retired-ids.ts'
import { copyOf, SessionData } from './session-data.ts'

/** What the response must tell the browser about its cookie. */
export type CookieChange = { readonly id: string; readonly maxAge: number | undefined } | 'clear' | null

type Change<Data extends object> = Parameters<HttpSession<Data>['update']>[0]

/** The longest that browsers keep a cookie. */
const browsersMost = 400 * 86_400

/** The session of one request: what is stored, what the handler has changed, and what the browser must be told. */
export class StoredSession<Data extends object> {
  readonly #settings: Settings<Data>
  readonly #request: Request
  /** The ids that the cookie named. */
  readonly #sentIds: readonly string[]
  readonly #unusableIds: readonly string[]
  #current: Session<Data> | null
  #data: SessionData<Data> | undefined
  #cookieChange: CookieChange = null
  /** Whether this request has ended the session with which it came: no other one has answered with a newer cookie. */
  #hasEndedOwn = false
  #isOver = false

  constructor(settings: Settings<Data>, request: Request, sentIds: readonly string[], loaded: LoadedSession<Data>) {
    this.#settings = settings
    this.#request = request
    this.#sentIds = sentIds
    this.#unusableIds = loaded.unusableIds
    this.#current = loaded.session
  }

  get current(): Session<Data> | null {
    return this.#current
  }

  get cookieChange(): CookieChange {
    return this.#cookieChange
  }

  get data(): SessionData<Data> {
    if (this.#data === undefined) {
      this.#data = new SessionData(this.#current === null ? this.#initial() : structuredClone(this.#current.data))
      if (this.#isOver) this.#data.freeze()
    }
    return this.#data
  }

  get isChanged(): boolean {
    return this.#data?.isChanged ?? false
  }

  /** Nothing more can reach the browser. */
  close(): void {
    this.#isOver = true
    this.#data?.freeze()
  }

  refuseWhenOver(): void {
    if (this.#isOver) throw new TypeError('this would set a cookie, and the response has left')
  }

  async update(change: Change<Data>): Promise<void> {
    const local = this.data
    if (this.#current === null) {
      const draft: Draft<Data> = { data: copyOf(local.hand()) }
      return this.#create(((await change(draft)) ?? draft).data)
    }
    const written = await this.#settings.store.update(this.#current.id, (stored) => {
      local.mergeInto(stored.data)
      const draft: Draft<Data> = { data: stored.data }
      // biome-ignore lint/suspicious/noConfusingVoidType: a change in place returns nothing
      const take = (changed: Draft<Data> | void) => {
        stored.data = (changed ?? draft).data
      }
      const changed = change(draft)
      return isPromise(changed) ? changed.then(take) : take(changed)
    })
    this.#keep(written)
  }

  /** Writes the data that the handler changed in place: as a whole where nobody else wrote meanwhile, else key by key. */
  async saveChanges(): Promise<void> {
    if (!this.isChanged) return
    const local = this.data
    const session = this.#current
    if (session === null) return this.#create(local.hand())
    const { store } = this.#settings
    if (store.capabilities.update) {
      try {
        return this.#keep(await store.save({ ...session, data: local.hand() }, { if: 'unchanged' }))
      } catch (error) {
        if (!isSessionError(error, 'SESS_CONFLICT')) throw error
      }
    }
    this.#keep(await store.update(session.id, (stored) => local.mergeInto(stored.data)))
  }

  async signIn(identity: Identity, options: SignInOptions<Data>): Promise<void> {
    this.refuseWhenOver()
    const { ttl, deadline } = this.#times(options)
    const before = this.#current
    const isTheirs = before === null || before.identity === null || isSamePerson(before.identity, identity)
    // Another person's data is not for this one's eyes.
    const data = options.data ?? (isTheirs ? undefined : this.#initial())
    if (before !== null && data === undefined) await this.saveChanges().catch(exceptGone)
    const given = { identity, ...ttl, ...deadline }
    const { store, now } = this.#settings
    const local = this.data.hand()
    if (before !== null) await retire(store, before.id, now)
    await this.#endUnusable()
    const rotated = before && (await store.rotate(before.id, data === undefined ? given : { ...given, data }))
    // Where the old session has ended meanwhile, who has just proved who they are gets one all the same.
    const fresh = data ?? (before === null ? local : this.#initial())
    this.#take(rotated ?? (await store.create({ ...given, data: fresh })), options.persist)
  }

  async signOut(): Promise<boolean> {
    this.refuseWhenOver()
    const { store, now } = this.#settings
    const ending = this.#current
    if (ending !== null) await retire(store, ending.id, now)
    const isEnded = (ending !== null && (await store.delete(ending.id))) || (await this.#endUnusable())
    this.#current = null
    this.#data?.freeze()
    this.#data = undefined
    // Where it was over already, the browser may have the cookie of a newer one by now.
    if (isEnded) {
      this.#hasEndedOwn = true
      this.#cookieChange = this.#sentIds.length > 0 ? 'clear' : null
    }
    return isEnded
  }

  async #endUnusable(): Promise<boolean> {
    const { store } = this.#settings
    const ended = await Promise.all(this.#unusableIds.map((id) => store.delete(id)))
    return ended.includes(true)
  }

  async #create(data: Data): Promise<void> {
    this.refuseWhenOver()
    const { store, now } = this.#settings
    if (!this.#hasEndedOwn && (await isRetired(store, this.#sentIds, now))) throw gone()
    const { ttl, deadline } = this.#times({})
    this.#take(await store.create({ data, ...ttl, ...deadline }), undefined)
  }

  #initial(): Data {
    return structuredClone(this.#settings.initial(this.#request))
  }

  #times({ idle, absolute }: Pick<SignInOptions<Data>, 'idle' | 'absolute'>) {
    const { idleMs, absoluteMs, now } = this.#settings
    const idleTime = idle === undefined ? idleMs : durationMs(idle, 'idle')
    const limit = absolute === undefined ? absoluteMs : absolute === null ? null : durationMs(absolute, 'absolute')
    return {
      ttl: idleTime === undefined ? {} : { ttl: idleTime },
      deadline: limit === undefined ? {} : { deadline: limit === null ? null : new Date(now() + limit) },
    }
  }

  /** Takes a session under a new id, which the browser must be told. */
  #take(session: Session<Data>, persist = this.#settings.persist): void {
    this.#keep(session)
    const left = ((session.deadline?.getTime() ?? Number.POSITIVE_INFINITY) - this.#settings.now()) / 1000
    // A cookie that outlives its session leads nowhere; one that ends before it signs somebody out.
    const maxAge = Math.max(1, Math.min(browsersMost, Math.ceil(left)))
    this.#cookieChange = { id: session.id, maxAge: persist ? maxAge : undefined }
  }

  #keep(session: Session<Data> | null): void {
    if (session === null) throw gone()
    this.#current = session
    if (this.#isOver) this.#data = undefined
    else this.#data?.refresh(session.data)
  }
}

function gone(): SessionError {
  return new SessionError('SESS_GONE', 'The session of this request has ended or has another id by now')
}

/** Who has just proved who they are is signed in also where the old session has ended meanwhile. */
function exceptGone(error: unknown): void {
  if (!isSessionError(error, 'SESS_GONE')) throw error
}

/** One of any realm: `instanceof` knows only its own. */
function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function'
}

function isSamePerson(a: Identity, b: Identity): boolean {
  return a.providerId === b.providerId && a.externalId === b.externalId
}
