import { Hono } from 'hono'
import type { AppEnv } from '../server/app-env.ts'
import type { AppSessionStore } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'

/** Ends other sessions of the person who is signed in. */
export function deviceRoutes({ store, sessions }: { store: AppSessionStore; sessions: Sessions }) {
  const routes = new Hono<AppEnv>()

  routes.post('/devices/sign-out', async (c) => {
    const { handle } = c.var.form
    const session = await sessions.current(c)
    if (!session?.identity || typeof handle !== 'string') return c.redirect('/', 303)
    // A handle says which session, not that its sender may end it: only one's own is ended.
    const ended = await store.deleteByHandle(handle, { identity: session.identity })
    return c.redirect(`/?notice=devices&n=${ended ? 1 : 0}`, 303)
  })

  routes.post('/devices/sign-out-others', async (c) => {
    const session = await sessions.current(c)
    if (!session?.identity) return c.redirect('/', 303)
    const ended = await store.deleteByIdentity(session.identity, { except: session.id })
    return c.redirect(`/?notice=devices&n=${ended}`, 303)
  })

  return routes
}
