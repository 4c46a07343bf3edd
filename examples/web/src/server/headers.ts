import { createMiddleware } from 'hono/factory'
import { secureHeaders } from 'hono/secure-headers'
import type { AppEnv } from './app-env.ts'

/** There is no script on any page, so none is allowed. */
export const securityHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  // With `no-referrer` a browser would send `Origin: null` with its own forms.
  referrerPolicy: 'same-origin',
  xFrameOptions: 'DENY',
  // Whoever terminates TLS for the whole host decides on this one.
  strictTransportSecurity: false,
})

/** No page is kept anywhere, not for the back button after sign-out either. */
export const noStore = createMiddleware<AppEnv>(async (c, next) => {
  await next()
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
})
