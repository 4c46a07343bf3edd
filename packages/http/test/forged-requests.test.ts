import { type HttpSessionOptions, httpSessions } from '@sess/http'
import { memoryStore } from '@sess/memory'
import { beforeEach, describe, expect, it } from 'vitest'
import { Here, ok, set } from './here.ts'

let here: Here
beforeEach(() => {
  here = new Here()
})

describe('a change from another site', () => {
  const from = (headers: Record<string, string>, body?: string) => {
    const request = here.browser.request('POST', headers, body)
    if (!('sec-fetch-site' in headers)) request.headers.delete('sec-fetch-site')
    return here.browser.send(set('hit', 'x'), request).then(({ status }) => status)
  }
  beforeEach(() => here.browser.send(set('a', '1')))

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ origin: 'https://evil.test' }, 403],
    [{ origin: 'http://app.test' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'https://app.test' }, 200],
    [{}, 403],
  ])('%o is answered with %i', async (headers, status) => {
    expect(await from(headers as Record<string, string>)).toBe(status)
  })

  it('of a browser that says nothing passes with the token of a form, and the handler can read the form', async () => {
    let token = ''
    await here.browser.send((session) => {
      token = session.csrfToken
      return ok()
    }, here.browser.request())
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await from(type, `csrf=${token}`)).toBe(200)
    expect(await from(type, `csrf=${token.slice(1)}`)).toBe(403)
    expect(await from({ 'x-csrf-token': token })).toBe(200)
  })
})

describe('a change', () => {
  /** The status of a POST without `Sec-Fetch-Site`. */
  const post = (url: string, headers: Record<string, string>, options: HttpSessionOptions = {}) =>
    httpSessions(memoryStore(), options)
      .handle(new Request(url, { method: 'POST', headers }), () => ok())
      .then(({ status }) => status)

  it.each(['PUT', 'PATCH', 'DELETE', 'patch', 'PURGE'])('by %s is checked as one by POST is', async (method) => {
    const request = here.browser.request(method, { 'sec-fetch-site': 'cross-site' })
    expect((await here.browser.send(() => ok(), request)).status).toBe(403)
  })

  it('from a site that is trusted passes, from a part of its name it does not', async () => {
    const options = { trustedOrigins: ['https://login.test'] }
    const from = (origin: string) => post('https://app.test/', { origin, 'sec-fetch-site': 'cross-site' }, options)
    expect(await from('https://login.test')).toBe(200)
    expect(await from('http://login.test')).toBe(403)
    expect(await from('https://login.test.evil.test')).toBe(403)
  })

  it('that the person makes without a page (Sec-Fetch-Site: none) passes', async () => {
    expect(await post('https://app.test/', { 'sec-fetch-site': 'none' })).toBe(200)
  })

  it('behind a proxy is measured by the origin that the browser knows', async () => {
    const inside = 'http://10.0.0.7:3000/'
    const forwarded = { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'app.test, inside.test' }
    const own = { origin: 'https://app.test' }
    expect(await post(inside, { ...own, ...forwarded }, { trustProxy: true })).toBe(200)
    expect(await post(inside, own, { origin: 'https://app.test' })).toBe(200)
    // Nobody has said that there is a proxy, so anybody may have sent these.
    expect(await post(inside, { ...own, ...forwarded })).toBe(403)
    expect(await post(inside, { origin: 'https://inside.test', ...forwarded }, { trustProxy: true })).toBe(403)
  })

  it('without a session, an origin or a site passes: a program sends it, and there is nothing to forge', async () => {
    expect(await post('https://app.test/', {})).toBe(200)
  })

  it('with two cookies is not believed by a token: one of them may be planted, and its token known', async () => {
    const planted = await here.store.create()
    await here.store.delete(planted.id)
    let token = ''
    const page = new Request('https://app.test/', {
      headers: { cookie: `__Host-sid=${(await here.store.create()).id}` },
    })
    await here.browser.send((session) => {
      token = session.csrfToken
      return ok()
    }, page)
    const cookie = `${page.headers.get('cookie')}; __Host-sid=${planted.id}`
    const request = here.browser.request('POST', { cookie, 'x-csrf-token': token })
    request.headers.delete('sec-fetch-site')
    expect((await here.browser.send(() => ok(), request)).status).toBe(403)
  })
})

describe.each(['GET', 'HEAD', 'OPTIONS'])('a %s from another site', (method) => {
  it('is answered, and changes nothing', async () => {
    await here.browser.send(set('a', '1'))
    here.calls = []
    const request = here.browser.request(method, { 'sec-fetch-site': 'cross-site' })
    const response = await here.browser.send(
      (session) => new Response(null, { status: session.data.a ? 204 : 404 }),
      request,
    )
    expect([response.status, here.calls, response.headers.getSetCookie()]).toEqual([204, ['load'], []])
  })
})

describe('a cookie', () => {
  it('with an invisible sign in front of its name is another one: no other site can plant it so', async () => {
    const { id } = await here.store.create({ data: { mine: true } })
    for (const sign of ['\u00a0', '\u0085', '\u000b', '\u000c', '%5F']) {
      const cookie = sign === '%5F' ? `%5F_Host-sid=${id}` : `a=b;${sign}__Host-sid=${id}`
      // A platform may decode the header as UTF-8, and what it gives is no ByteString then.
      const request = { ...plain(here.browser.request()), headers: new Map([['cookie', cookie]]) }
      const data = await here.sessions.handle(request as never, (session) => Response.json(session.data))
      expect(await data.json()).toEqual({})
    }
  })

  const plain = ({ url, method }: Request) => ({ url, method })
})

describe('a sign-in that was begun in another browser', () => {
  it('is not finished here where that cookie is planted beside our own', async () => {
    const begin = async (browser: Here['browser']) => {
      let state = ''
      await browser.send(async (session) => {
        state = await session.beginSignIn()
        return ok()
      })
      return state
    }
    await begin(here.browser)
    const attacker = new Here({}, () => here.store)
    const state = await begin(attacker.browser)
    const name = '__Host-sid-sign-in'
    const cookie = `${name}=${attacker.browser.cookies.get(name)}; ${name}=${here.browser.cookies.get(name)}`
    await here.browser.send(
      async (session) => {
        expect(await session.finishSignIn(state)).toBe(null)
        return ok()
      },
      here.browser.request('GET', { cookie }),
    )
  })
})
