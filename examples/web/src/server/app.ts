import { isSessionError } from '@sess/core'
import { honoSessions } from '@sess/http/hono'
import { Hono } from 'hono'
import { createIdentityProvider } from '../identity-provider/provider.ts'
import { identityProviderRoutes } from '../identity-provider/routes.ts'
import { storeLabel } from '../pages/page.ts'
import { deviceRoutes } from '../routes/devices.ts'
import { homeRoutes } from '../routes/home.ts'
import { signInRoutes } from '../routes/sign-in.ts'
import type { AppSessionStore } from '../session/session.ts'
import { createSessions } from '../session/sessions.ts'
import type { StoreLabel } from '../store-by-url.ts'
import type { AppEnv } from './app-env.ts'
import { assetRoutes } from './assets.ts'
import { failurePage, statusOf } from './failures.ts'
import { readForm } from './form.ts'
import { noStore, securityHeaders } from './headers.ts'
import { logLines, pathOf, requestLog } from './request-log.ts'

export interface AppOptions {
  store: AppSessionStore
  label: StoreLabel
  /** Whether a proxy in front sets `X-Forwarded-Proto` and `X-Forwarded-Host`. Default false. */
  trustProxy?: boolean
  /** Where lines for the operator go. Default: nowhere. */
  log?: (line: string) => void
  /** The store's clock, in epoch milliseconds. Default `Date.now`. */
  now?: () => number
}

export function createApp({ store, label, trustProxy = false, log: write = () => {}, now = Date.now }: AppOptions) {
  const log = logLines(write)
  const sessions = createSessions({ store, label, trustProxy, log, now })
  const provider = createIdentityProvider(store)
  const app = new Hono<AppEnv>()

  app.use(requestLog(log), storeLabel(label), securityHeaders, noStore)
  app.route('/', assetRoutes)
  // The session is that of the moment at which the whole form is there.
  app.use(readForm, honoSessions(sessions))

  app.route('/', homeRoutes(now))
  app.route('/', signInRoutes(provider))
  app.route('/', deviceRoutes)
  app.route('/idp', identityProviderRoutes(provider))

  app.notFound((c) => failurePage(c, 404))
  app.onError((error, c) => {
    const status = statusOf(error)
    // What the store rejects with is answered, and logged, by the sessions.
    if (status >= 500 && !isSessionError(error)) log(`${c.req.method} ${pathOf(c)} failed: ${error.stack ?? error}`)
    return failurePage(c, status)
  })
  return app
}
