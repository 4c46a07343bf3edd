import { type JsonObject, parse } from './json.ts'

/** What a session's cookie says, apart from its value. */
export interface CookieFacts {
  /** Its attributes as JSON text: path, domain, secure and so on. */
  readonly attributes: string
  readonly originalMaxAge: number | null
  /** Epoch ms; null for a cookie that lives as long as the browser, and for an expiry that is no instant. */
  readonly expires: number | null
}

/** express-session takes about a millisecond off `originalMaxAge` at every read; a longer pause in between is rare. */
const driftMs = 100

/** Of a session without a cookie, which no framework has made. It stays without: express-session asks for that. */
const noCookie: CookieFacts = { attributes: '', originalMaxAge: null, expires: null }

/** Reads a `Cookie` of either framework, or its JSON. */
export function cookieFacts(cookie: unknown): CookieFacts {
  if (typeof cookie !== 'object' || cookie === null) return noCookie
  const { toJSON } = cookie as { toJSON?: unknown }
  const fields: unknown = typeof toJSON === 'function' ? toJSON.call(cookie) : cookie
  if (typeof fields !== 'object' || fields === null) return noCookie
  // `originalExpires` is what @fastify/session read; it makes it again from `expires`.
  const { expires, originalMaxAge, originalExpires: _read, ...attributes } = fields as Record<string, unknown>
  return {
    attributes: JSON.stringify(attributes),
    originalMaxAge: typeof originalMaxAge === 'number' && Number.isFinite(originalMaxAge) ? originalMaxAge : null,
    expires: instantOf(expires),
  }
}

function instantOf(expires: unknown): number | null {
  if (!(expires instanceof Date || typeof expires === 'string' || typeof expires === 'number')) return null
  const ms = new Date(expires).getTime()
  return Number.isNaN(ms) ? null : ms
}

/** Whether two cookies say the same; when they expire is left aside. */
export function isSameCookie(one: CookieFacts, other: CookieFacts): boolean {
  if (one.attributes !== other.attributes || (one.expires === null) !== (other.expires === null)) return false
  if (one.originalMaxAge === null || other.originalMaxAge === null) return one.originalMaxAge === other.originalMaxAge
  return Math.abs(one.originalMaxAge - other.originalMaxAge) <= driftMs
}

/** What a session's data has of its cookie. */
export function storedCookie(facts: CookieFacts): { cookie?: JsonObject } {
  if (facts === noCookie) return {}
  const { attributes, originalMaxAge, expires } = facts
  const isoExpires = expires === null ? null : new Date(expires).toISOString()
  return { cookie: { ...(parse(attributes) as JsonObject), originalMaxAge, expires: isoExpires } }
}

/** The stored cookie as a framework gets it: one that expires does so with its session. */
export function givenCookie(stored: unknown, expiresAt: Date): { cookie?: object } {
  const facts = cookieFacts(stored)
  if (facts === noCookie) return {}
  return { cookie: { ...(stored as object), expires: facts.expires === null ? null : new Date(expiresAt) } }
}
