import { isSessionError, type JsonObject, type Session, type SessionStore } from '@sess/core'
import { CarryOver, isPlace } from './carry-over.ts'
import { type CookieFacts, cookieFacts, givenCookie, isSameCookie } from './cookie.ts'
import { wantedExpiry } from './expiry.ts'
import { personOf } from './identity.ts'
import type { Settings, StoredSession } from './options.ts'
import { type Carrier, dataOf, Origin, storedOf, taken } from './origin.ts'
import { idOf } from './session-ids.ts'
import { SessionWriter, type Told } from './session-writer.ts'

export type SessionUpdate<S> = (
  session: S,
  // biome-ignore lint/suspicious/noConfusingVoidType: a change in place returns nothing
) => S | void | Promise<S | void>

/** What both frameworks ask of a store, by promises. */
export class FrameworkSessions {
  readonly #store: SessionStore
  readonly #settings: Settings
  readonly #carrier: Carrier
  readonly #writer: SessionWriter
  readonly #carryOver: CarryOver | null
  readonly #tell: Told

  constructor(store: SessionStore, settings: Settings, carrier: Carrier, tell: Told) {
    this.#store = store
    this.#settings = settings
    this.#carrier = carrier
    this.#tell = tell
    this.#writer = new SessionWriter(store, settings, tell)
    this.#carryOver = settings.fallback && new CarryOver(store, settings.fallback, settings)
  }

  async get(sid: string): Promise<StoredSession | null> {
    if (typeof sid !== 'string') return null
    const session = await this.#load(sid)
    if (session === null) return null
    const stored = storedOf(session)
    const given = sessionFor(session, stored.cookie)
    this.#carrier.attach(given, new Origin(sid, stored, this.#settings.now()))
    return given
  }

  async set(sid: string, session: object): Promise<void> {
    const origin = this.#originOf(sid, session)
    // What the application alters while this runs belongs to the next save.
    const now = taken(session)
    await origin.inTurn(() => this.#writer.write(origin, now))
  }

  /** Writes no data: express-session asks for this where nothing but the cookie can have changed. */
  async touch(sid: string, session: object): Promise<void> {
    const origin = this.#originOf(sid, session)
    const cookie = cookieFacts((session as { cookie?: unknown }).cookie)
    await origin.inTurn(() => this.#writer.touch(origin, cookie))
  }

  async destroy(sid: string): Promise<void> {
    if (typeof sid !== 'string') return
    try {
      await this.#carryOver?.end(sid)
    } finally {
      await this.#store.delete(idOf(sid))
    }
  }

  /** Atomic read-modify-write of what is stored, e.g. for a counter; null where there is no session. */
  async update(sid: string, change: SessionUpdate<StoredSession>): Promise<StoredSession | null> {
    if (typeof change !== 'function') throw new TypeError('change must be a function')
    if (typeof sid !== 'string' || (await this.#loadOld(sid)) === null) return null
    const session = await this.#store.update(idOf(sid), async (stored) => {
      const given = sessionFor(stored)
      const result = taken((await change(given)) ?? given)
      const data = dataOf(result)
      const { at = null } = wantedMove(result.cookie, stored, this.#settings) ?? {}
      Object.assign(
        stored,
        personOf(() => data, this.#settings, stored),
        { data },
      )
      if (at !== null) stored.expiresAt = new Date(at)
    })
    return session === null ? null : sessionFor(session)
  }

  async all(): Promise<StoredSession[]> {
    const sessions: StoredSession[] = []
    for await (const session of this.#store.entries()) if (!isPlace(session)) sessions.push(sessionFor(session))
    return sessions
  }

  length(): Promise<number> {
    return this.#store.count()
  }

  async clear(): Promise<void> {
    await this.#carryOver?.endAll()
    await this.#store.deleteAll()
  }

  async #load(sid: string): Promise<Session | null> {
    const id = idOf(sid)
    try {
      return await (this.#carryOver === null ? this.#store.load(id) : this.#carryOver.load(sid, id))
    } catch (error) {
      if (!isSessionError(error, 'SESS_CORRUPT')) throw error
      // The browser gets a new session under a new id.
      this.#tell('corrupt', error)
      return null
    }
  }

  /** Carries the session over where it is not yet; null where there is none. */
  async #loadOld(sid: string): Promise<object | null> {
    return this.#carryOver === null ? nothing : this.#load(sid)
  }

  #originOf(sid: string, session: object): Origin {
    if (typeof sid !== 'string') throw new TypeError('the session id must be a string')
    if (typeof session !== 'object' || session === null) throw new TypeError('the session must be an object')
    const known = this.#carrier.originOf(session)
    if (known?.sid === sid) return known
    const origin = new Origin(sid, null, this.#settings.now())
    this.#carrier.attach(session, origin)
    return origin
  }
}

const nothing = {}

/** A session as a framework gets it. */
function sessionFor(
  { data, expiresAt }: { data: JsonObject; expiresAt: Date },
  cookie: CookieFacts = cookieFacts(data.cookie),
): StoredSession {
  return { ...data, ...givenCookie(cookie, expiresAt) } as StoredSession
}

/** Where an update has moved the cookie's expiry; null where it has not. */
function wantedMove(cookie: Parameters<typeof wantedExpiry>[0], stored: Session, { ttlMs, now }: Settings) {
  const before = storedOf(stored)
  const isAsGiven = isSameCookie(cookie, before.cookie) && cookie.expires === stored.expiresAt.getTime()
  if (isAsGiven || (cookie.expires === null && before.cookie.expires === null)) return null
  return wantedExpiry(cookie, new Origin('', null, 0), ttlMs, now())
}
