/** What a response carries for the session's sake. */
export interface SessionHeaders {
  readonly setCookies: readonly string[]
  /** Whether the handler looked at the session. */
  readonly isUsed: boolean
}

/** The values to set, given what the response has already; null leaves it as it is. */
export function cacheHeaders(
  { setCookies, isUsed }: SessionHeaders,
  cacheControl: string | null,
  vary: string | null,
): { cacheControl: string | null; vary: string | null } {
  const isOurs = setCookies.length > 0 || isUsed
  // A cookie never goes into a cache that others read from, whatever the handler says.
  const isSafe = cacheControl !== null && (setCookies.length === 0 || /\b(?:no-store|private)\b/i.test(cacheControl))
  const varies = vary !== null && /(?:^|,)\s*(?:cookie|\*)\s*(?:,|$)/i.test(vary)
  return {
    cacheControl: isOurs && !isSafe ? 'no-store' : null,
    vary: !isOurs || varies ? null : vary === null ? 'Cookie' : `${vary}, Cookie`,
  }
}

/** A response of any realm: frameworks bring their own. */
export function isResponse(value: unknown): value is Response {
  return value instanceof Response || Object.prototype.toString.call(value) === '[object Response]'
}

/** A response that nobody can send: a network error, or one whose body has been read, as after it was sent once. */
export function isSpent({ status, bodyUsed, body }: Response): boolean {
  return status === 0 || bodyUsed || body?.locked === true
}

/** Whether a header gives a cache on the way an order that goes before Cache-Control. */
export function isForCaches(name: string): boolean {
  return /^surrogate-control$|(?:^|-)cdn-cache-control$/i.test(name)
}

/** The response with what it carries for the session; the same object where that is nothing. */
export function withHeaders(response: Response, session: SessionHeaders): Response {
  const { cacheControl, vary } = cacheHeaders(
    session,
    response.headers.get('cache-control'),
    response.headers.get('vary'),
  )
  if (session.setCookies.length === 0 && cacheControl === null && vary === null) return response
  // The headers of a redirect and of a fetched response can't be changed: a copy's can. A switch of protocols has no copy.
  const copy = response.status === 101 ? response : new Response(response.body, response)
  if (session.setCookies.length > 0) {
    for (const name of [...copy.headers.keys()]) if (isForCaches(name)) copy.headers.delete(name)
  }
  for (const cookie of session.setCookies) copy.headers.append('set-cookie', cookie)
  if (cacheControl !== null) copy.headers.set('cache-control', cacheControl)
  if (vary !== null) copy.headers.set('vary', vary)
  return copy
}
