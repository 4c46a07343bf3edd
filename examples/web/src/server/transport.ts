import { createMiddleware } from 'hono/factory'
import type { AppContext, AppEnv } from './app-env.ts'

/**
 * Finds out whether the browser speaks TLS. `X-Forwarded-Proto` counts only with `trustProxy`: without a proxy that
 * sets it, any client could. Of a chain of proxies each may have added its own: the first one has the browser before it.
 */
export function transport(trustProxy: boolean) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const [first = ''] = c.req.header('x-forwarded-proto')?.split(',') ?? []
    const forwarded = trustProxy && first.trim().toLowerCase() === 'https'
    c.set('secure', forwarded || new URL(c.req.url).protocol === 'https:')
    await next()
  })
}

/** The origin under which the browser knows this application. */
export function ownOrigin(c: AppContext): string {
  return `${c.var.secure ? 'https' : 'http'}://${new URL(c.req.url).host}`
}
