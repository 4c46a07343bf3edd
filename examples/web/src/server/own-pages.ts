import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import type { AppContext, AppEnv } from './app-env.ts'
import { ownOrigin } from './transport.ts'

const changesNothing = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses every change that does not come from a page of this application, whatever the form of its body. */
export const ownPagesOnly = createMiddleware<AppEnv>(async (c, next) => {
  if (!changesNothing.has(c.req.method) && !isFromOwnPage(c)) throw new HTTPException(403)
  await next()
})

/** A browser says so in `Sec-Fetch-Site`, one that is too old for that in `Origin`. */
function isFromOwnPage(c: AppContext): boolean {
  const site = c.req.header('sec-fetch-site')
  return site === undefined ? c.req.header('origin') === ownOrigin(c) : site === 'same-origin'
}
