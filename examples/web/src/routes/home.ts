import { Hono } from 'hono'
import { homePage } from '../pages/home.ts'
import { noticeFor } from '../pages/notice.ts'
import { page } from '../pages/page.ts'
import type { AppEnv } from '../server/app-env.ts'
import type { AppSessionStore } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'

const burst = 20

export function homeRoutes({
  store,
  sessions,
  now,
}: {
  store: AppSessionStore
  sessions: Sessions
  now: () => number
}) {
  const routes = new Hono<AppEnv>()

  routes.get('/', async (c) => {
    const session = await sessions.current(c)
    const devices = session?.identity ? await store.listByIdentity(session.identity) : []
    const content = homePage({ session, devices, notice: noticeFor(c.req.query()), now: now(), burst })
    return page(c, session?.identity ? 'Your session' : 'Welcome', content)
  })

  routes.post('/counter', async (c) => {
    const { times } = c.var.form
    const session = c.req.query('again') === undefined ? await sessions.ensure(c) : await sessions.ensureAtLast(c)
    // The browser sends the same form again, with the cookie that it has by then.
    if (session === null) return c.redirect('/counter?again', 307)
    const { id } = session
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
    const counts = new Set(written.map((each) => each?.data.count))
    return c.redirect(`/?notice=counted&n=${counts.size}`, 303)
  })

  return routes
}
