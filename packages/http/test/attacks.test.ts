import { type HttpSession, httpSessions } from '@sess/http'
import { nextSession } from '@sess/http/next'
import { beforeEach, describe, expect, it } from 'vitest'
import { Browser } from './browser.ts'
import { ada, grace, Here, ok, set } from './here.ts'

let here: Here
beforeEach(() => {
  here = new Here()
})

const sid = '__Host-sid'
const idOf = (browser: Browser) => browser.cookies.get(sid) as string
const signIn =
  (who: typeof ada) =>
  async (session: HttpSession): Promise<Response> => {
    await session.signIn(who)
    return ok()
  }
const tokenOf = async (browser: Browser) => {
  let token = ''
  await browser.send((session) => {
    token = session.csrfToken
    return ok()
  }, browser.request())
  return token
}
const identityOf = async (browser: Browser) => {
  let who: string | null = null
  await browser.send((session) => {
    who = session.identity?.externalId ?? null
    return ok()
  }, browser.request())
  return who
}
/** Two requests of one browser that are both under way before either is answered. */
async function atOnce(handler: (session: HttpSession) => Promise<Response>): Promise<Response[]> {
  let arrived = 0
  let go = () => {}
  const both = new Promise<void>((resolve) => {
    go = resolve
  })
  const one = async (session: HttpSession) => {
    arrived += 1
    if (arrived === 2) go()
    await both
    return handler(session)
  }
  return Promise.all([here.browser.send(one), here.browser.send(one)])
}

describe('two tabs at once', () => {
  it('sign in: the browser ends signed in, and the old id is dead', async () => {
    await here.browser.send(set('a', '1'))
    const old = idOf(here.browser)
    const answers = await atOnce(signIn(ada))
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(await here.store.exists(old)).toBe(false)
    for (const { headers } of answers) {
      const id = /=([\w-]{43});/.exec(headers.getSetCookie()[0] ?? '')?.[1] ?? ''
      expect((await here.store.load(id))?.identity?.externalId).toBe('ada')
    }
  })

  it('sign in as two persons: neither gets the data of the other', async () => {
    await here.browser.send(signIn(ada))
    await here.browser.send(set('secret', 'of ada'))
    let turn = 0
    await atOnce((session) => signIn([grace, ada][turn++] as typeof ada)(session))
    for await (const { identity, data } of here.store.entries()) {
      if (identity?.externalId === 'grace') expect(data).toEqual({})
    }
  })

  it('sign out: both say that it is done, and nothing is left', async () => {
    await here.browser.send(signIn(ada))
    const answers = await atOnce(async (session) => {
      await session.signOut()
      return ok()
    })
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect([await here.store.count(), here.browser.cookies.has(sid)]).toEqual([0, false])
  })

  it('one in, one out: no answer takes back the cookie of the sign-in', async () => {
    await here.browser.send(set('a', '1'))
    let turn = 0
    await atOnce(async (session) => {
      if (turn++ === 0) return signIn(ada)(session)
      await session.signOut()
      return ok()
    })
    // Whichever came first, the browser is signed in: by the rotation, or by a new session.
    expect(await here.store.count()).toBe(1)
  })
})

describe('somebody who has planted a cookie', () => {
  it('of a session of their own has nothing after the sign-in: the id is dead', async () => {
    const attacker = new Browser(here.sessions)
    await attacker.send(set('a', '1'))
    here.browser.cookies.set(sid, idOf(attacker))
    await here.browser.send(signIn(grace))
    expect([await identityOf(here.browser), await identityOf(attacker)]).toEqual(['grace', null])
  })

  it('of a session in which they are signed in leaves none of their data to who signs in', async () => {
    const attacker = new Browser(here.sessions)
    await attacker.send(async (session) => {
      await session.signIn(ada)
      session.data.shipTo = 'the attacker'
      return ok()
    })
    here.browser.cookies.set(sid, idOf(attacker))
    await here.browser.send(signIn(grace))
    expect(await here.read()).toEqual({ data: {}, identity: 'grace' })
    expect(await identityOf(attacker)).toBe(null)
  })

  it('beside the own one, five times over, signs nobody in as themselves', async () => {
    const attacker = new Browser(here.sessions)
    await attacker.send(signIn(ada))
    const planted = Array.from({ length: 5 }, (_, n) => `${sid}=${n === 2 ? idOf(attacker) : `${n}`.repeat(43)}`)
    let seen: unknown = 'nothing'
    const response = await here.browser.send(
      (session) => {
        seen = session.identity
        return ok()
      },
      here.browser.request('GET', { cookie: planted.join('; ') }),
    )
    expect([response.status, seen]).toEqual([200, null])
  })
})

describe('a change that another site sends', () => {
  const post = (headers: Record<string, string>, body?: string) => {
    const request = here.browser.request('POST', headers, body)
    if (!('sec-fetch-site' in headers)) request.headers.delete('sec-fetch-site')
    return here.browser.send(set('hit', 'x'), request).then(({ status }) => status)
  }
  beforeEach(() => here.browser.send(set('a', '1')))

  it('with the form token of a session of their own is refused', async () => {
    const attacker = new Browser(here.sessions)
    await attacker.send(set('a', '1'))
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const theirs = await tokenOf(attacker)
    expect(await post(form, `csrf=${theirs}`)).toBe(403)
    expect(await post({ 'x-csrf-token': theirs })).toBe(403)
    expect(await post(form, `csrf=${theirs}&csrf=${await tokenOf(here.browser)}`)).toBe(403)
  })

  it('is refused whatever token it has, where the browser says that it is another site', async () => {
    const token = await tokenOf(here.browser)
    expect(await post({ 'sec-fetch-site': 'cross-site', 'x-csrf-token': token })).toBe(403)
    expect(await post({ 'sec-fetch-site': 'same-site', origin: 'https://blog.app.test', 'x-csrf-token': token })).toBe(
      403,
    )
    expect(await post({ origin: 'https://evil.test', 'x-csrf-token': token })).toBe(403)
  })

  it('is refused where it says its site twice, or says what is no site', async () => {
    expect(await post({ 'sec-fetch-site': 'same-origin, cross-site' })).toBe(403)
    expect(await post({ 'sec-fetch-site': '' })).toBe(403)
  })

  it('is measured by its own method: what it asks to be taken for makes it no GET', async () => {
    const override = { 'x-http-method-override': 'GET', 'sec-fetch-site': 'cross-site' }
    expect(await post(override)).toBe(403)
    const form = { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' }
    expect(await post(form, '_method=GET')).toBe(403)
  })

  it('from a page without an origin passes with the token of this session alone', async () => {
    expect(await post({ origin: 'null' })).toBe(403)
    expect(await post({ origin: 'null', 'x-csrf-token': await tokenOf(here.browser) })).toBe(200)
    // Nor does a browser without a session sign in for a page that hides where it comes from.
    const stranger = new Browser(here.sessions)
    const request = stranger.request('POST', { origin: 'null' })
    request.headers.delete('sec-fetch-site')
    expect((await stranger.send(signIn(ada), request)).status).toBe(403)
  })

  it('with the token from before a sign-in is refused after it', async () => {
    const before = await tokenOf(here.browser)
    await here.browser.send(signIn(ada))
    expect(await post({ 'x-csrf-token': before })).toBe(403)
  })
})

describe('a state of a sign-in elsewhere', () => {
  const begin = async (browser: Browser) => {
    let state = ''
    await browser.send(async (session) => {
      state = await session.beginSignIn({ data: { returnTo: '/' } })
      return ok()
    })
    return state
  }
  const finish = async (browser: Browser, state: unknown) => {
    let data: unknown = 'not asked'
    const response = await browser.send(async (session) => {
      data = (await session.finishSignIn(state as string))?.data ?? null
      return ok()
    }, browser.request())
    return response.status === 200 ? data : response.status
  }

  it.each([undefined, null, '', 'x', 'a'.repeat(5_000), '\0', ['one', 'two'], { $ne: '' }, 7])(
    'that is none (%j) is null, whatever a query was parsed to',
    async (state) => {
      await begin(here.browser)
      expect(await finish(here.browser, state)).toBe(null)
    },
  )

  it('that another part of the application put into the store is none of ours', async () => {
    await begin(here.browser)
    const foreign = await here.store.putState({ data: { data: { returnTo: 'https://evil.test' } } })
    expect(await finish(here.browser, foreign)).toBe(null)
  })

  it('is burnt by the attempt of another browser', async () => {
    const state = await begin(here.browser)
    const attacker = new Browser(here.sessions)
    await begin(attacker)
    expect(await finish(attacker, state)).toBe(null)
    expect(await finish(here.browser, state)).toBe(null)
  })

  it('outlives a sign-out meanwhile, and two may be under way', async () => {
    await here.browser.send(signIn(ada))
    const [first, second] = [await begin(here.browser), await begin(here.browser)]
    await here.browser.send(async (session) => {
      await session.signOut()
      return ok()
    })
    expect([await finish(here.browser, second), await finish(here.browser, first)]).toEqual([
      { returnTo: '/' },
      { returnTo: '/' },
    ])
  })
})

describe('the devices of a person', () => {
  it('have no dead one among them, and a dead one cannot be ended again', async () => {
    const old = await here.store.create({ identity: ada, ttl: '1m' })
    const phone = await here.store.create({ identity: ada })
    await here.browser.send(signIn(ada))
    here.now += 60_000
    await here.store.delete(phone.id)
    await here.browser.send(async (session) => {
      expect((await session.devices()).map(({ isThis }) => isThis)).toEqual([true])
      expect(await session.signOutDevice(phone.handle)).toBe(false)
      expect(await session.signOutDevice(old.handle)).toBe(false)
      return ok()
    })
  })

  it('are not ended by the handle of another person, nor shown with an id', async () => {
    const hers = await here.store.create({ identity: grace })
    await here.browser.send(signIn(ada))
    await here.browser.send(async (session) => {
      expect(await session.signOutDevice(hers.handle)).toBe(false)
      expect(JSON.stringify(await session.devices())).not.toContain(idOf(here.browser))
      return ok()
    })
    expect(await here.store.exists(hers.id)).toBe(true)
  })
})

describe('a cookie on plain http, as on localhost', () => {
  it('is read by the name without a prefix alone, and taken back by it', async () => {
    const local = new Browser(here.sessions, 'http://localhost:3000')
    await local.send(signIn(ada))
    expect([...local.cookies.keys()]).toEqual(['sid'])
    const mixed = new Browser(here.sessions, 'http://localhost:3000')
    mixed.cookies.set(sid, local.cookies.get('sid') as string)
    expect(await identityOf(mixed)).toBe(null)
    const { headers } = await local.send(async (session) => {
      await session.signOut()
      return ok()
    })
    expect(headers.getSetCookie()).toEqual(['sid=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax'])
  })
})

describe('a page of Next.js', () => {
  it('behind a proxy with TLS finds the session that a route handler began', async () => {
    const sessions = httpSessions(here.store, { now: () => here.now })
    const browser = new Browser(sessions)
    await browser.send(signIn(ada)) // the URL of its request is https, by X-Forwarded-Proto
    const head = new Headers({ host: 'app.test', 'x-forwarded-proto': 'https', cookie: `${sid}=${idOf(browser)}` })
    expect((await nextSession(sessions, head)).identity?.externalId).toBe('ada')
  })
})
