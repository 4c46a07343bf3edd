import { isSessionError } from '@sess/core'
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
import { ownPagesOnly } from './own-pages.ts'
import { logLines, pathOf, requestLog } from './request-log.ts'
import { transport } from './transport.ts'

export interface AppOptions {
  store: AppSessionStore
  label: StoreLabel
  /** Whether a proxy in front sets `X-Forwarded-Proto`. Default false. */
  trustProxy?: boolean
  /** Where lines for the operator go. Default: nowhere. */
  log?: (line: string) => void
  /** The store's clock, in epoch milliseconds. Default `Date.now`. */
  now?: () => number
}

export function createApp({ store, label, trustProxy = false, log: write = () => {}, now = Date.now }: AppOptions) {
  const log = logLines(write)
  const sessions = createSessions(store, now)
  const provider = createIdentityProvider(store)
  const app = new Hono<AppEnv>()

  app.use(requestLog(log), transport(trustProxy), storeLabel(label), securityHeaders, noStore)
  app.use(ownPagesOnly, readForm)

  app.route('/', assetRoutes)
  app.route('/', homeRoutes({ store, sessions, now }))
  app.route('/', signInRoutes({ store, sessions, provider }))
  app.route('/', deviceRoutes({ store, sessions }))
  app.route('/idp', identityProviderRoutes(provider))

  app.notFound((c) => failurePage(c, 404))
  app.onError((error, c) => {
    const status = statusOf(error)
    if (status >= 500) log(`${c.req.method} ${pathOf(c)} failed: ${reason(error)}`)
    return failurePage(c, status)
  })
  return app
}

/** For the log: an error's code and words hold no id and no data. */
function reason(error: unknown): string {
  return isSessionError(error) ? `${error.code} ${error.message}` : String(error instanceof Error ? error.stack : error)
}
