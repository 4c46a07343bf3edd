import { isSessionError, type JsonObject, type Session, type SessionStore } from '@sess/core'
import { asked } from './answer.ts'
import { wantedExpiry } from './expiry.ts'
import { personOf } from './identity.ts'
import type { OldStore, Settings } from './options.ts'
import { dataOf, Origin, taken } from './origin.ts'

/** What a session's data has while somebody looks for it in the old store. No framework's session is without a cookie. */
const placeMark = '~sess:carried-over'
/** Longer than any read of an old store takes. */
const placeMs = 300_000
const maxTries = 16

/** Whether this is only the place of a session that may be carried over. */
export function isPlace(session: { data: JsonObject }): boolean {
  return session.data[placeMark] === true
}

/**
 * Moves sessions out of an old store, each once. Before it reads the old one it takes the session's place in the new one, and
 * it fills that only if nobody has ended it meanwhile. A logout ends the old session first and the new one then: whenever it
 * comes, either the old store has nothing to read, or the place is gone.
 */
export class CarryOver {
  readonly #store: SessionStore
  readonly #old: OldStore
  readonly #settings: Settings

  constructor(store: SessionStore, old: OldStore, settings: Settings) {
    this.#store = store
    this.#old = old
    this.#settings = settings
  }

  /** The session of this id, wherever it is. */
  async load(sid: string, id: string): Promise<Session | null> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      try {
        const session = (await this.#store.load(id)) ?? (await this.#takePlace(id))
        return isPlace(session) ? await this.#fill(sid, session) : session
      } catch (error) {
        if (isSessionError(error, 'SESS_GONE')) return null
        // Somebody else has taken the place, or filled it.
        if (!isSessionError(error, 'SESS_CONFLICT') || tries === maxTries - 1) throw error
      }
    }
    return null
  }

  /** Ends the old session, for good. */
  async end(sid: string): Promise<void> {
    await asked((callback) => this.#old.destroy(sid, callback))
  }

  /** Ends all old sessions, where the old store can. */
  async endAll(): Promise<void> {
    await asked((callback) => (this.#old.clear === undefined ? callback() : this.#old.clear(callback)))
  }

  #takePlace(id: string): Promise<Session> {
    const { ttlMs, absoluteMs, now } = this.#settings
    const deadline = absoluteMs === null ? null : new Date(now() + absoluteMs)
    const place = { id, data: { [placeMark]: true }, expiresAt: new Date(now() + placeMs), ttlMs, deadline }
    return this.#store.save(place, { if: 'absent' })
  }

  async #fill(sid: string, place: Session): Promise<Session | null> {
    const found = await asked<unknown>((callback) => this.#old.get(sid, callback))
    const { now, ttlMs } = this.#settings
    const old = typeof found === 'object' && found !== null ? taken(found) : null
    const expiresAt = old === null ? 0 : (wantedExpiry(old.cookie, new Origin(sid, null, 0), ttlMs, now())?.at ?? 0)
    if (old === null || expiresAt <= now()) {
      await this.#store.save({ ...place, expiresAt: new Date(0) }, { if: 'unchanged' })
      return null
    }
    const data = dataOf(old)
    // When they signed in, the old store does not say.
    const { identity } = personOf(() => data, this.#settings)
    const carried = { ...place, data, identity, expiresAt: new Date(expiresAt) }
    const session = await this.#store.save(carried, { if: 'unchanged' })
    try {
      await this.end(sid)
    } catch (error) {
      // A session that is in both stores would outlive the end of one.
      await this.#store.delete(place.id)
      throw error
    }
    return session
  }
}
