import { getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import type { AppContext } from '../server/app-env.ts'

const name = 'sess'

/**
 * What OWASP asks of a session cookie: over TLS it is `__Host-sess` with `Secure`, which no subdomain and no plain
 * connection can plant. On plain http, as on localhost, the browser would refuse that, so it is `sess`. No Max-Age: how
 * long a session lives is the store's business.
 */
function attributes(c: AppContext): CookieOptions {
  const common = { httpOnly: true, sameSite: 'Lax', path: '/' } as const
  return c.var.secure ? { ...common, secure: true, prefix: 'host' } : common
}

/** The session id that the browser sent; undefined where it sent none. */
export function readSessionId(c: AppContext): string | undefined {
  return getCookie(c, name, attributes(c).prefix)
}

export function sendSessionId(c: AppContext, id: string): void {
  setCookie(c, name, id, attributes(c))
}

export function clearSessionId(c: AppContext): void {
  setCookie(c, name, '', { ...attributes(c), maxAge: 0 })
}
