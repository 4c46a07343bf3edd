import type { CookieFacts } from './cookie.ts'
import type { Origin } from './origin.ts'

/** When a session shall expire. `isRenewal`: by the idle time that it has had, from now on; others may have done the same. */
export interface Expiry {
  readonly at: number
  readonly isRenewal: boolean
}

/** No store takes an expiry that is further away. */
const farthestMs = 36_500 * 86_400_000

/** What a cookie asks for; null where the expiry is as it was read. */
export function wantedExpiry(
  { expires, originalMaxAge }: CookieFacts,
  { stored, readAt }: Origin,
  ttlMs: number,
  now: number,
): Expiry | null {
  if (expires === null) return { at: now + ttlMs, isRenewal: true }
  if (stored !== null && expires === stored.session.expiresAt.getTime()) return null
  // Both frameworks count `originalMaxAge` from an instant of this request. A slow one must not undo the touch of a later.
  const countedFrom = originalMaxAge === null ? Number.NaN : expires - originalMaxAge
  if (stored !== null && originalMaxAge !== null && countedFrom >= readAt - 1 && countedFrom <= now + 1) {
    return { at: now + originalMaxAge, isRenewal: true }
  }
  return { at: Math.min(expires, now + farthestMs), isRenewal: false }
}
