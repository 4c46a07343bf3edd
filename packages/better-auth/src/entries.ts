import { isSessionError, type JsonObject } from '@sess/core'
import type { AuthSession } from './auth-session.ts'
import type { Settings } from './options.ts'

/** How long it is remembered that a session was ended: longer than any request that read it before can take. */
const endedForMs = 3_600_000
const ended = { ended: true }
/** Past on the clock of any process. */
const longAgo = new Date(1)
const tries = 64

export const isEnded = (data: JsonObject): boolean => data.ended === true

/** The value that a record holds; null for one that says that a session was ended. */
export const storedValue = (data: JsonObject): string | null => (typeof data.value === 'string' ? data.value : null)

/** Values under ids, and the sessions among them. */
export class Entries {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async get(id: string): Promise<string | null> {
    const record = await this.#settings.store.load(id)
    return record === null ? null : storedValue(record.data)
  }

  /** Of any number of simultaneous callers one gets the value. */
  async getAndDelete(id: string): Promise<string | null> {
    const { store } = this.#settings
    for (let tried = 1; ; tried += 1) {
      const record = await store.load(id)
      const value = record === null ? null : storedValue(record.data)
      if (record === null || value === null) return null
      try {
        await store.save({ ...record, expiresAt: longAgo }, { if: 'unchanged' })
        return value
      } catch (error) {
        if (isSessionError(error, 'SESS_GONE')) return null
        if (!isSessionError(error, 'SESS_CONFLICT') || tried === tries) throw error
      }
    }
  }

  async put(id: string, value: string, expiresAt: Date): Promise<void> {
    await this.#settings.store.save({ id, data: { value }, expiresAt })
  }

  /** Writes a session, but not over the mark of its end: a refresh that is late brings nobody back. */
  async putSession(id: string, token: string, value: string, session: AuthSession, expiresAt: Date): Promise<void> {
    const { store, namespace } = this.#settings
    const identity = { providerId: namespace, externalId: session.userId }
    const data = { value, token }
    try {
      await store.save({ id, identity, data, expiresAt, authenticatedAt: session.createdAt }, { if: 'absent' })
    } catch (error) {
      if (!isSessionError(error, 'SESS_CONFLICT')) throw error
      // Null where it has ended since the line above.
      await store.update(id, (live) => {
        if (!isEnded(live.data)) Object.assign(live, { identity, data, expiresAt })
      })
    }
  }

  async delete(id: string): Promise<void> {
    await this.#settings.store.delete(id)
  }

  /** Ends what may be a session for good, in one write. */
  async end(id: string): Promise<void> {
    const { store, now } = this.#settings
    await store.save({ id, data: ended, expiresAt: new Date(now() + endedForMs) })
  }

  /** The live sessions of a user as Better Auth lists them in its index. */
  async index(userId: string): Promise<string | null> {
    const { store, namespace } = this.#settings
    const live = await store.listByIdentity({ providerId: namespace, externalId: userId })
    if (live.length === 0) return null
    return JSON.stringify(live.map(({ data, expiresAt }) => ({ token: data.token, expiresAt: expiresAt.getTime() })))
  }
}
