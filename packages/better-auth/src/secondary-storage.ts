import type { SessionStore } from '@sess/core'
import type { BetterAuthOptions } from 'better-auth'
import { authSessionOf } from './auth-session.ts'
import { Counters } from './counters.ts'
import { Entries } from './entries.ts'
import { idOf, isReused, userOfIndex } from './keys.ts'
import { type SecondaryStorageOptions, settingsOf } from './options.ts'

/** Better Auth's own interface. */
type Expected = NonNullable<BetterAuthOptions['secondaryStorage']>

/** What {@link secondaryStorage} gives: Better Auth's interface, with promises and their types. */
export interface BetterAuthStorage extends Expected {
  get(key: string): Promise<string | null>
  getAndDelete(key: string): Promise<string | null>
  increment(key: string, ttl: number): Promise<number>
  set(key: string, value: string, ttl?: number): Promise<void>
  delete(key: string): Promise<void>
}

/** As good as without an end; the contract takes at most 100 years. */
const unlimitedMs = 50 * 365 * 86_400_000

/**
 * A store of sess as the `secondaryStorage` of Better Auth. Times to live are in seconds, as Better Auth gives them.
 * @throws `SESS_CONFIG` for bad options, `SESS_UNSUPPORTED` for a store that lacks what this needs
 * @example
 * ```ts
 * const auth = betterAuth({ database, secondaryStorage: secondaryStorage(redisStore({ client })) })
 * ```
 */
export function secondaryStorage(store: SessionStore, options: SecondaryStorageOptions = {}): BetterAuthStorage {
  const settings = settingsOf(store, options)
  const entries = new Entries(settings)
  const counters = new Counters(settings)
  const id = (key: string) => idOf(settings.namespace, key)
  const end = (key: string) => (isReused(key) ? entries.delete(id(key)) : entries.end(id(key)))

  // Better Auth takes some of these out of the object: none needs a `this`.
  return {
    async get(key) {
      const ofKey = id(key)
      const user = userOfIndex(key)
      return user === null ? entries.get(ofKey) : entries.index(user)
    },
    async getAndDelete(key) {
      return entries.getAndDelete(id(key))
    },
    async increment(key, ttl) {
      const ttlMs = msOf(ttl)
      if (ttlMs <= 0) throw new TypeError('ttl must be more than 0')
      return counters.increment(id(key), ttlMs)
    },
    async set(key, value, ttl) {
      const ofKey = id(key)
      if (typeof value !== 'string') throw new TypeError('value must be a string')
      const ttlMs = ttl === undefined ? unlimitedMs : msOf(ttl)
      // The store's own index says which sessions a user has.
      if (userOfIndex(key) !== null) return
      if (ttlMs <= 0) return end(key)
      const expiresAt = new Date(settings.now() + ttlMs)
      const session = authSessionOf(value)
      if (session === null) return entries.put(ofKey, value, expiresAt)
      return entries.putSession(ofKey, key, value, session, expiresAt)
    },
    async delete(key) {
      if (userOfIndex(key) === null) await end(key)
    },
  }
}

function msOf(ttl: number): number {
  if (typeof ttl !== 'number' || Number.isNaN(ttl)) throw new TypeError('ttl must be a number of seconds')
  return Math.min(Math.ceil(ttl * 1000), unlimitedMs)
}
