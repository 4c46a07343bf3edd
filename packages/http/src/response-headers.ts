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

/** The response with what it carries for the session; the same object where that is nothing. */
export function withHeaders(response: Response, session: SessionHeaders): Response {
  const { cacheControl, vary } = cacheHeaders(
    session,
    response.headers.get('cache-control'),
    response.headers.get('vary'),
  )
  if (session.setCookies.length === 0 && cacheControl === null && vary === null) return response
  // The headers of a redirect and of a fetched response can't be changed: a copy's can.
  const copy = new Response(response.body, response)
  for (const cookie of session.setCookies) copy.headers.append('set-cookie', cookie)
  if (cacheControl !== null) copy.headers.set('cache-control', cacheControl)
  if (vary !== null) copy.headers.set('vary', vary)
  return copy
}
