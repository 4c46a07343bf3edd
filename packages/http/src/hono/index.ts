import type { HttpSession, HttpSessions } from '@sess/http'
import type { MiddlewareHandler } from 'hono'

/** Gives every handler after it the session as `c.var.session`. */
export function honoSessions<Data extends object>(
  sessions: HttpSessions<Data>,
): MiddlewareHandler<{ Variables: { session: HttpSession<Data> } }> {
  return async (c, next) => {
    const response = await sessions.handle(c.req.raw, async (session) => {
      c.set('session', session)
      await next()
      return c.res
    })
    // Hono adds the headers of the response that was to the one that takes its place.
    c.res = undefined
    c.res = response
  }
}
