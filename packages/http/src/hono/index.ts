import type { Context, MiddlewareHandler } from 'hono'
import type { HttpSession, HttpSessions } from '../index.ts'
import { tokenField, tokenInForm } from '../own-pages.ts'
import { isSpent, withHeaders } from '../response-headers.ts'

/** Gives every handler after it the session as `c.var.session`. */
export function honoSessions<Data extends object>(
  sessions: HttpSessions<Data>,
): MiddlewareHandler<{ Variables: { session: HttpSession<Data> } }> {
  return async (c, next) => {
    const request = c.req.raw
    const exchange = await sessions.begin(request, () => formToken(c))
    if ('status' in exchange) return sessions.answer(exchange, request)
    c.set('session', exchange.session)
    await next()
    const isUnfit = c.error === undefined && isSpent(c.res)
    const error = isUnfit ? new TypeError('a handler returned a response that cannot be sent') : c.error
    // Hono has answered what a handler threw.
    const failure = error === undefined ? await exchange.finish(c.res.status) : await exchange.abandon(error)
    if (isUnfit) throw error
    const response = withHeaders(failure === null ? c.res : await sessions.answer(failure, request), exchange.headers())
    // Hono adds the headers of the response that was to the one that takes its place.
    if (response !== c.res) c.res = undefined
    c.res = response
    return undefined
  }
}

/** Hono keeps a body that a middleware before has read. */
async function formToken(c: Context): Promise<string | null> {
  if (!c.req.raw.bodyUsed) return tokenInForm(c.req.raw)
  const token = (await c.req.parseBody().catch(() => ({}) as Record<string, unknown>))[tokenField]
  return typeof token === 'string' ? token : null
}
