import { Hono } from 'hono'
import { redirectUri, toParameters } from '../identity-provider/authorization-request.ts'
import { challengeOf, newVerifier } from '../identity-provider/pkce.ts'
import type { IdentityProvider } from '../identity-provider/provider.ts'
import { problemPage } from '../pages/page.ts'
import type { AppContext, AppEnv } from '../server/app-env.ts'
import type { AppSession, AppSessionStore } from '../session/session.ts'
import { type Sessions, userAgentOf } from '../session/sessions.ts'

/** The application's side of the authorization-code flow, and sign-out. */
export function signInRoutes({ store, sessions, provider }: Parts) {
  const routes = new Hono<AppEnv>()

  routes.post('/sign-in', async (c) => {
    const session = await sessions.ensure(c)
    return session ? toProvider(c, session) : c.redirect('/sign-in/again', 303)
  })

  /** Where a browser goes on whose cookie named no session; by now it may have another one. No other site leads here. */
  routes.get('/sign-in/again', async (c) => {
    const site = c.req.header('sec-fetch-site') ?? 'same-origin'
    return site === 'same-origin' ? toProvider(c, await sessions.ensureAtLast(c)) : c.redirect('/', 303)
  })

  async function toProvider(c: AppContext, { data }: AppSession) {
    const verifier = newVerifier()
    const state = await store.putState({ userAgent: userAgentOf(c), data: { verifier, tag: data.tag } })
    const parameters = toParameters({ state, codeChallenge: challengeOf(verifier) })
    return c.redirect(`/idp/authorize?${new URLSearchParams(parameters)}`, 303)
  }

  routes.get(redirectUri, async (c) => {
    const { state = '', code = '', error } = c.req.query()
    const begun = await store.consumeState(state, { userAgent: userAgentOf(c) })
    const session = await sessions.current(c)
    // The User-Agent alone would let a stranger with the same browser hand over a sign-in of their own.
    if (begun === null || session === null || begun.data.tag !== session.data.tag) return startAgain(c)
    if (error !== undefined) return c.redirect('/?notice=cancelled', 303)

    const identity = await provider.redeem(code, String(begun.data.verifier))
    const signedIn = identity && (await sessions.signIn(c, session, identity))
    return signedIn ? c.redirect('/?notice=signed-in', 303) : startAgain(c)
  })

  routes.post('/sign-out', async (c) => {
    const session = await sessions.current(c)
    if (session) await sessions.end(c, session)
    return c.redirect('/?notice=signed-out', 303)
  })

  return routes
}

interface Parts {
  store: AppSessionStore
  sessions: Sessions
  provider: IdentityProvider
}

function startAgain(c: AppContext) {
  return problemPage(c, 400, {
    heading: 'This sign-in cannot be finished',
    text: 'It was used before, took longer than ten minutes, or was begun in another browser. Nothing has changed; start again from the home page.',
  })
}
