import { isSessionError, type Session, SessionError, type SessionInput, type SessionStore, saveJson } from '@sess/core'
import { type CookieFacts, isSameCookie, storedCookie } from './cookie.ts'
import { type Expiry, wantedExpiry } from './expiry.ts'
import { personOf } from './identity.ts'
import { apply, changesBetween, type JsonObject, type JsonText, jsonText } from './json.ts'
import type { Settings } from './options.ts'
import { type Origin, type Stored, storedOf, type Taken, textOf } from './origin.ts'
import { idOf } from './session-ids.ts'

/** Tells the application of what no callback hears. */
export type Told = (event: 'gone' | 'corrupt', error: SessionError) => void

/** What a request changed. */
interface Changed {
  /** The fields before and after. */
  readonly from: JsonText
  readonly to: JsonText
  /** Null where the cookie says what it said. */
  readonly cookie: CookieFacts | null
}

/** Writes what a request has changed over what is stored, and nothing else. */
export class SessionWriter {
  readonly #store: SessionStore
  readonly #settings: Settings
  readonly #tell: Told

  constructor(store: SessionStore, settings: Settings, tell: Told) {
    this.#store = store
    this.#settings = settings
    this.#tell = tell
  }

  /** Stores what an object of the application held when it was saved. */
  async write(origin: Origin, taken: Taken): Promise<void> {
    const { stored, base } = origin
    if (stored === null || base === null) return this.#insert(origin, taken)
    await this.#change(origin, stored, taken, {
      from: base.fields,
      to: taken.fields,
      cookie: isSameCookie(taken.cookie, base.cookie) ? null : taken.cookie,
    })
  }

  /** The same where only the cookie can have changed. */
  async touch(origin: Origin, cookie: CookieFacts): Promise<void> {
    const { stored, base } = origin
    if (stored === null || base === null) {
      const { at } = wantedExpiry(cookie, origin, this.#settings.ttlMs, this.#settings.now()) as Expiry
      return this.#moveExpiry(origin, at)
    }
    const changed = isSameCookie(cookie, base.cookie) ? null : cookie
    const { fields } = base
    await this.#change(origin, stored, { fields, cookie }, { from: fields, to: fields, cookie: changed })
  }

  async #insert(origin: Origin, taken: Taken): Promise<void> {
    const { fields, cookie } = taken
    const { ttlMs, absoluteMs, now } = this.#settings
    const { at } = wantedExpiry(cookie, origin, ttlMs, now()) as Expiry
    const data = textOf(taken)
    const deadline = absoluteMs === null ? null : new Date(now() + absoluteMs)
    const person = personOf(() => data.parse(), this.#settings)
    const session = { id: idOf(origin.sid), data, expiresAt: new Date(at), deadline, ...person }
    let stored: Omit<Session, 'data'> | null
    try {
      stored = await saveJson(this.#store, session, { if: 'absent' })
    } catch (error) {
      if (!isSessionError(error, 'SESS_CONFLICT')) throw error
      stored = await this.#overwrite(session)
    }
    if (stored === null) return this.#gone()
    remember(origin, { session: stored, fields, cookie }, taken)
  }

  /** Writes a session that nobody has read over the live one; null where that has ended meanwhile. */
  async #overwrite({
    id,
    data,
    expiresAt,
  }: SessionInput<JsonText> & Pick<Session<JsonText>, 'data' | 'expiresAt'>): Promise<Session | null> {
    return this.#store.update(id, (live) => {
      Object.assign(
        live,
        personOf(() => data.parse(), this.#settings, live),
        { data: data.parse(), expiresAt },
      )
    })
  }

  async #change(origin: Origin, stored: Stored, taken: Taken, changed: Changed): Promise<void> {
    const { ttlMs, now } = this.#settings
    const expiry = wantedExpiry(taken.cookie, origin, ttlMs, now())
    if (isUnchanged(changed, this.#settings.merge)) {
      if (expiry !== null && (!expiry.isRenewal || this.#isTouchDue(stored.session))) {
        await this.#moveExpiry(origin, expiry.at)
      }
      return
    }
    const isAlone = stored.fields === origin.base?.fields
    const fields = isAlone || !this.#settings.merge ? taken.fields : withChanges(stored.fields, changed)
    const cookie = changed.cookie ?? stored.cookie
    const data = textOf({ fields, cookie })
    const next = {
      ...stored.session,
      ...personOf(() => data.parse(), this.#settings, stored.session),
      data,
      ...(expiry !== null && { expiresAt: new Date(expiry.at) }),
    }
    try {
      const session = await saveJson(this.#store, next, { if: this.#settings.merge ? 'unchanged' : 'exists' })
      remember(origin, { session, fields, cookie }, taken)
    } catch (error) {
      if (isSessionError(error, 'SESS_GONE')) return this.#gone(error)
      if (!isSessionError(error, 'SESS_CONFLICT') || !this.#settings.merge) throw error
      await this.#merge(origin, taken, changed, expiry)
    }
  }

  /** Writes the changed keys over what another request has written meanwhile. */
  async #merge(origin: Origin, taken: Taken, changed: Changed, expiry: Expiry | null): Promise<void> {
    const session = await this.#store.update(idOf(origin.sid), (live) => {
      apply(changesBetween(changed.from, changed.to), live.data)
      const cookie = changed.cookie === null ? undefined : storedCookie(changed.cookie)
      if (cookie !== undefined) live.data.cookie = cookie as JsonObject
      Object.assign(
        live,
        personOf(() => live.data, this.#settings, live),
      )
      if (expiry !== null) live.expiresAt = new Date(expiry.at)
    })
    if (session === null) return this.#gone()
    remember(origin, storedOf(session), taken)
  }

  async #moveExpiry(origin: Origin, at: number): Promise<void> {
    const id = idOf(origin.sid)
    const ttl = at - this.#settings.now()
    if (ttl <= 0) {
      await this.#store.delete(id)
      return
    }
    const expiresAt = await this.#store.touch(id, { ttl })
    if (expiresAt === null) return this.#gone()
    const { stored } = origin
    if (stored === null) return
    const session = { ...stored.session, expiresAt, lastSeenAt: new Date(this.#settings.now()) }
    origin.stored = { ...stored, session }
  }

  #isTouchDue({ lastSeenAt, expiresAt }: Stored['session']): boolean {
    const now = this.#settings.now()
    const idle = now - lastSeenAt.getTime()
    return idle >= Math.min(this.#settings.touchEveryMs, (expiresAt.getTime() - now) / 2)
  }

  /** A logout is stronger than a save: the response that waits for it goes out as if nothing had been. */
  #gone(
    error = new SessionError('SESS_GONE', 'the session was deleted, expired or rotated away; nothing is written'),
  ): void {
    this.#tell('gone', error)
    if (this.#settings.strict) throw error
  }
}

function remember(origin: Origin, stored: Stored, base: Taken): void {
  origin.stored = stored
  origin.base = base
}

/** Texts tell at once. Where the last one wins, one that has only its keys in another order must not win over a write. */
function isUnchanged({ from, to, cookie }: Changed, merge: boolean): boolean {
  if (cookie !== null) return false
  return from.text === to.text || (!merge && changesBetween(from, to).size === 0)
}

function withChanges(fields: JsonText, { from, to }: Changed): JsonText {
  const changed = fields.parse()
  apply(changesBetween(from, to), changed)
  return jsonText(changed)
}
