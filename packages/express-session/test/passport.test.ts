import { expressStore } from '@sess/express-session'
import { memoryStore } from '@sess/memory'
import passport, { type LogInOptions } from 'passport'
import { expect, it } from 'vitest'
import { expressApp, gate, type Route } from './server.ts'

/** A real Passport: `/login` signs in as it does after a strategy, with what it is told to keep. */
function passportApp(store: ReturnType<typeof expressStore>, options: LogInOptions, more: Record<string, Route> = {}) {
  const authenticator = new passport.Passport()
  authenticator.serializeUser((user, done) => done(null, (user as { name: string }).name))
  authenticator.deserializeUser((name, done) => done(null, { name } as Express.User))
  const routes: Record<string, Route> = {
    '/cart': (request, response) => {
      request.session.cart = ['tea']
      response.json('set')
    },
    '/login': (request, response) =>
      request.logIn({ name: 'ada' } as Express.User, options, (error) => response.json(error?.message ?? 'in')),
    '/logout': (request, response) => request.logOut(options, (error) => response.json(error?.message ?? 'out')),
    '/me': (request, response) => {
      const user = request.user as { name: string } | undefined
      response.json([user?.name ?? null, request.session.cart ?? null])
    },
    ...more,
  }
  return expressApp(store, routes, {}, (app) => app.use(authenticator.session()))
}

it.each([true, false])('Passport signs in and out under new ids (keepSessionInfo: %s)', async (keepSessionInfo) => {
  const sess = memoryStore()
  const store = expressStore(sess, {
    identity: (session) =>
      session.passport?.user === undefined ? null : { providerId: 'local', externalId: session.passport.user },
  })
  const browser = await passportApp(store, { keepSessionInfo, session: true })
  await browser.ask('/cart')
  const anonymous = browser.tab()
  expect(await browser.body('/login')).toBe('in')
  const kept = keepSessionInfo ? ['tea'] : null
  expect(await browser.body('/me')).toEqual(['ada', kept])
  expect(await anonymous.body('/me')).toEqual([null, null])
  const ada = { providerId: 'local', externalId: 'ada' }
  expect(await sess.listByIdentity(ada)).toHaveLength(1)
  const signedIn = browser.tab()
  expect(await browser.body('/logout')).toBe('out')
  expect(await signedIn.body('/me')).toEqual([null, null])
  expect(await browser.body('/me')).toEqual([null, kept])
  expect(await sess.listByIdentity(ada)).toEqual([])
})

it.each([true, false])(
  'a slow request of before the logout signs nobody in (keepSessionInfo: %s)',
  async (keepSessionInfo) => {
    const store = expressStore(memoryStore())
    const slow = gate()
    const browser = await passportApp(
      store,
      { keepSessionInfo, session: true },
      {
        '/slow': async (request, response) => {
          request.session.page = 'slow'
          await slow.pass()
          response.json('done')
        },
      },
    )
    await browser.ask('/login')
    const signedIn = browser.tab()
    const late = browser.tab().ask('/slow')
    await slow.arrived
    await browser.ask('/logout')
    slow.open()
    await late
    expect(await signedIn.body('/me')).toEqual([null, null])
  },
)
