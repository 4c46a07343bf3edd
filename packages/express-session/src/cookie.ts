/** What a session's cookie says, apart from its value. */
export interface CookieFacts {
  /** Its attributes as JSON has them: path, domain, secure and so on. */
  readonly attributes: Attributes
  readonly originalMaxAge: number | null
  /** Epoch ms; null for a cookie that lives as long as the browser, and for an expiry that is no instant. */
  readonly expires: number | null
}

type Attributes = Readonly<Record<string, unknown>>

/** express-session takes about a millisecond off `originalMaxAge` at every read; a longer pause in between is rare. */
const driftMs = 100

/** Of a session without a cookie, which no framework has made. It stays without: express-session asks for that. */
const noCookie: CookieFacts = { attributes: {}, originalMaxAge: null, expires: null }

/** Reads a `Cookie` of either framework, or its JSON. */
export function cookieFacts(cookie: unknown): CookieFacts {
  if (typeof cookie !== 'object' || cookie === null) return noCookie
  const { toJSON } = cookie as { toJSON?: unknown }
  const fields: unknown = typeof toJSON === 'function' ? toJSON.call(cookie) : cookie
  if (typeof fields !== 'object' || fields === null) return noCookie
  // `originalExpires` is what @fastify/session read; it makes it again from `expires`.
  const { expires, originalMaxAge, originalExpires: _read, ...attributes } = fields as Record<string, unknown>
  return {
    attributes: asJson(attributes),
    originalMaxAge: typeof originalMaxAge === 'number' && Number.isFinite(originalMaxAge) ? originalMaxAge : null,
    expires: instantOf(expires),
  }
}

/** Attributes are texts and truth values, which JSON keeps as they are; others become what it makes of them. */
function asJson(attributes: Record<string, unknown>): Attributes {
  for (const name in attributes) {
    const value = attributes[name]
    const isKept = typeof value === 'string' || typeof value === 'boolean' || value === undefined || value === null
    if (!isKept) return JSON.parse(JSON.stringify(attributes)) as Attributes
  }
  return attributes
}

function instantOf(expires: unknown): number | null {
  if (!(expires instanceof Date || typeof expires === 'string' || typeof expires === 'number')) return null
  const ms = expires instanceof Date ? expires.getTime() : new Date(expires).getTime()
  return Number.isNaN(ms) ? null : ms
}

/** Whether two cookies say the same; when they expire is left aside. */
export function isSameCookie(one: CookieFacts, other: CookieFacts): boolean {
  if ((one.expires === null) !== (other.expires === null)) return false
  // A session without a cookie and one with an empty cookie are not the same.
  if ((one === noCookie) !== (other === noCookie)) return false
  if (!(hasAll(one.attributes, other.attributes) && hasAll(other.attributes, one.attributes))) return false
  if (one.originalMaxAge === null || other.originalMaxAge === null) return one.originalMaxAge === other.originalMaxAge
  return Math.abs(one.originalMaxAge - other.originalMaxAge) <= driftMs
}

function hasAll(attributes: Attributes, others: Attributes): boolean {
  for (const name in others) {
    const [value, other] = [attributes[name], others[name]]
    if (value === other) continue
    if (typeof value !== 'object' || JSON.stringify(value) !== JSON.stringify(other)) return false
  }
  return true
}

/** What a session's data has as its `cookie`; undefined for one without. */
export function storedCookie(facts: CookieFacts): object | undefined {
  if (facts === noCookie) return undefined
  const { attributes, originalMaxAge, expires } = facts
  return { ...attributes, originalMaxAge, expires: expires === null ? null : new Date(expires).toISOString() }
}

/** The stored cookie as a framework gets it: one that expires does so with its session. */
export function givenCookie(facts: CookieFacts, expiresAt: Date): { cookie?: object } {
  if (facts === noCookie) return {}
  const { attributes, originalMaxAge, expires } = facts
  return { cookie: { ...attributes, originalMaxAge, expires: expires === null ? null : new Date(expiresAt) } }
}
