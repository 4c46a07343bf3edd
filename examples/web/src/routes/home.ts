import { Hono } from 'hono'
import { homePage } from '../pages/home.ts'
import { noticeFor } from '../pages/notice.ts'
import { page } from '../pages/page.ts'
import type { AppEnv } from '../server/app-env.ts'
import type { VisitStore } from '../session/visit.ts'
import type { Visits } from '../session/visits.ts'

const burst = 20

export function homeRoutes({ store, visits, now }: { store: VisitStore; visits: Visits; now: () => number }) {
  const routes = new Hono<AppEnv>()

  routes.get('/', async (c) => {
    const visit = await visits.current(c)
    const devices = visit?.identity ? await store.listByIdentity(visit.identity) : []
    const content = homePage({ visit, devices, notice: noticeFor(c.req.query()), now: now(), burst })
    return page(c, visit?.identity ? 'Your session' : 'Welcome', content)
  })

  routes.post('/counter', async (c) => {
    const { times } = await c.req.parseBody()
    const { id } = await visits.ensure(c)
    const addOne = () =>
      store.update(id, ({ data }) => {
        data.count += 1
      })
    if (times !== String(burst)) {
      await addOne()
      return c.redirect('/', 303)
    }
    const written = await Promise.all(Array.from({ length: burst }, addOne))
    // Had one update overwritten another, two of them would have come to the same count.
    const counts = new Set(written.map((visit) => visit?.data.count))
    return c.redirect(`/?notice=counted&n=${counts.size}`, 303)
  })

  return routes
}
