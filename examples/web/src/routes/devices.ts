import { Hono } from 'hono'
import type { AppEnv } from '../server/app-env.ts'

/** A person ends sessions of theirs on other devices. */
export const deviceRoutes = new Hono<AppEnv>()

deviceRoutes.post('/devices/sign-out', async (c) => {
  const { session, form } = c.var
  if (!session.identity || typeof form.handle !== 'string') return c.redirect('/', 303)
  // A handle says which session, not that its sender may end it: only one's own is ended.
  const ended = await session.signOutDevice(form.handle)
  return c.redirect(`/?notice=devices&n=${ended ? 1 : 0}`, 303)
})

deviceRoutes.post('/devices/sign-out-others', async (c) => {
  const { session } = c.var
  if (!session.identity) return c.redirect('/', 303)
  return c.redirect(`/?notice=devices&n=${await session.signOutOthers()}`, 303)
})
