import { Hono } from 'hono'
import { redirectUri, toParameters } from '../identity-provider/authorization-request.ts'
import { challengeOf, newVerifier } from '../identity-provider/pkce.ts'
import type { IdentityProvider } from '../identity-provider/provider.ts'
import { problemPage } from '../pages/page.ts'
import type { AppContext, AppEnv } from '../server/app-env.ts'
import { mostDevices } from '../session/session.ts'

/** The application's side of the authorization-code flow, and sign-out. */
export function signInRoutes(provider: IdentityProvider) {
  const routes = new Hono<AppEnv>()

  routes.post('/sign-in', async (c) => {
    const verifier = newVerifier()
    const state = await c.var.session.beginSignIn({ data: { verifier } })
    const parameters = toParameters({ state, codeChallenge: challengeOf(verifier) })
    return c.redirect(`/idp/authorize?${new URLSearchParams(parameters)}`, 303)
  })

  routes.get(redirectUri, async (c) => {
    const { session } = c.var
    const { state = '', code = '', error } = c.req.query()
    const begun = await session.finishSignIn(state)
    if (begun === null) return startAgain(c)
    if (error !== undefined) return c.redirect('/?notice=cancelled', 303)

    const identity = await provider.redeem(code, String(begun.data.verifier))
    if (identity === null) return startAgain(c)
    await session.signIn(identity)
    await session.signOutOthers({ keep: mostDevices })
    return c.redirect('/?notice=signed-in', 303)
  })

  routes.post('/sign-out', async (c) => {
    await c.var.session.signOut()
    return c.redirect('/?notice=signed-out', 303)
  })

  return routes
}

function startAgain(c: AppContext) {
  return problemPage(c, 400, {
    heading: 'This sign-in cannot be finished',
    text: 'It was used before, took longer than ten minutes, or was begun in another browser. Nothing has changed; start again from the home page.',
  })
}
