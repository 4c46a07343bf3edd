import { Hono } from 'hono'
import { choosePersonPage } from '../pages/choose-person.ts'
import { page, problemPage } from '../pages/page.ts'
import type { AppContext, AppEnv } from '../server/app-env.ts'
import { fromParameters, redirectUri } from './authorization-request.ts'
import { people } from './people.ts'
import type { IdentityProvider } from './provider.ts'

/** The provider's own pages, under /idp: elsewhere they would be another company's. */
export function identityProviderRoutes(provider: IdentityProvider) {
  const routes = new Hono<AppEnv>()

  routes.get('/authorize', (c) => {
    const request = fromParameters(c.req.query())
    if (request === null) return refuse(c)
    return page(c, 'Choose who you are', choosePersonPage(people, request))
  })

  routes.post('/authorize', async (c) => {
    const { form } = c.var
    const request = fromParameters(form)
    if (request === null) return refuse(c)
    const person = people.find(({ id }) => id === form.person)
    const answer = person
      ? { code: await provider.grant(person, request.codeChallenge), state: request.state }
      : { error: 'access_denied', state: request.state }
    return c.redirect(`${redirectUri}?${new URLSearchParams(answer)}`, 303)
  })

  return routes
}

function refuse(c: AppContext) {
  return problemPage(c, 400, {
    heading: 'The identity provider does not know this request',
    text: 'Something is missing from the address, or it names another application. Start again from the home page.',
  })
}
