import { Hono } from 'hono'
import { homePage } from '../pages/home.ts'
import { noticeFor } from '../pages/notice.ts'
import { page } from '../pages/page.ts'
import type { AppEnv } from '../server/app-env.ts'
import type { AppSession } from '../session/session.ts'

const burst = 20

export function homeRoutes(now: () => number) {
  const routes = new Hono<AppEnv>()

  routes.get('/', async (c) => {
    const { session } = c.var
    const content = homePage({
      session,
      devices: await session.devices(),
      notice: noticeFor(c.req.query()),
      now: now(),
      burst,
    })
    return page(c, session.identity ? 'Your session' : 'Welcome', content)
  })

  routes.post('/counter', async (c) => {
    const { session, form } = c.var
    if (form.times !== String(burst)) {
      await addOne(session)
      return c.redirect('/', 303)
    }
    // Had one update overwritten another, two of them would have come to the same count.
    const counts = new Set(await Promise.all(Array.from({ length: burst }, () => addOne(session))))
    return c.redirect(`/?notice=counted&n=${counts.size}`, 303)
  })

  return routes
}

/** Resolves with the count that it came to. */
async function addOne(session: AppSession): Promise<number> {
  let count = 0
  await session.update(({ data }) => {
    data.count += 1
    count = data.count
  })
  return count
}
