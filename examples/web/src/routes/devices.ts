import { Hono } from 'hono'
import type { AppEnv } from '../server/app-env.ts'
import type { VisitStore } from '../session/visit.ts'
import type { Visits } from '../session/visits.ts'

/** Ends other sessions of the person who is signed in. */
export function deviceRoutes({ store, visits }: { store: VisitStore; visits: Visits }) {
  const routes = new Hono<AppEnv>()

  routes.post('/devices/sign-out', async (c) => {
    const { handle } = await c.req.parseBody()
    const visit = await visits.current(c)
    if (!visit?.identity || typeof handle !== 'string') return c.redirect('/', 303)
    // A handle says which session, not that its sender may end it: only one's own are looked for.
    const own = await store.listByIdentity(visit.identity)
    const found = own.some((summary) => summary.handle === handle)
    const ended = found && (await store.deleteByHandle(handle))
    return c.redirect(`/?notice=devices&n=${ended ? 1 : 0}`, 303)
  })

  routes.post('/devices/sign-out-others', async (c) => {
    const visit = await visits.current(c)
    if (!visit?.identity) return c.redirect('/', 303)
    const ended = await store.deleteByIdentity(visit.identity, { except: visit.id })
    return c.redirect(`/?notice=devices&n=${ended}`, 303)
  })

  return routes
}
