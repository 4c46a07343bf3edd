import { isSessionError, type SessionStore } from '@sess/core'
import { type Failure, type HttpSession, type HttpSessionOptions, httpSessions } from '@sess/http'
import { memoryStore } from '@sess/memory'
import { beforeEach, describe, expect, it } from 'vitest'
import { Browser } from './browser.ts'

const ada = { providerId: 'github', externalId: 'ada' }
const grace = { providerId: 'github', externalId: 'grace' }
const ok = () => new Response('ok')

let now: number
let store: SessionStore
let calls: string[]
let failures: Failure[]
let browser: Browser

/** The store, noting what is called. */
function noting(inner: SessionStore): SessionStore {
  return new Proxy(inner, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        calls.push(String(name))
        return value.apply(target, args)
      }
    },
  })
}

function open(options: HttpSessionOptions = {}, inner = memoryStore({ now: () => now, maxBytes: 2_000 })) {
  store = inner
  const onFailure = (failure: Failure) => {
    failures.push(failure)
  }
  const sessions = httpSessions(noting(store), { now: () => now, onFailure, ...options })
  browser = new Browser(sessions)
  return sessions
}

beforeEach(() => {
  now = 1_700_000_000_000
  calls = []
  failures = []
  open()
})

const set = (key: string, value: string) => (session: HttpSession) => {
  session.data[key] = value
  return ok()
}
const read = async () => {
  let seen: unknown
  await browser.send((session) => {
    seen = { data: session.data, identity: session.identity?.externalId ?? null }
    return ok()
  }, browser.request())
  return seen
}

describe('reading', () => {
  it('of a visitor without a cookie asks the store nothing, and sets no cookie', async () => {
    const response = await browser.send((session) => new Response(JSON.stringify(session.data)), browser.request())
    expect([calls, response.headers.getSetCookie()]).toEqual([[], []])
  })

  it('of a session is one load and no write, and the response says that it is for this browser', async () => {
    await browser.send(set('a', '1'))
    calls = []
    const response = await browser.send((session) => new Response(JSON.stringify(session.data)), browser.request())
    expect(calls).toEqual(['load'])
    expect(response.headers.getSetCookie()).toEqual([])
    expect([response.headers.get('cache-control'), response.headers.get('vary')]).toEqual(['no-store', 'Cookie'])
  })

  it('moves the expiry once a minute', async () => {
    open({ idle: '1h' })
    await browser.send(set('a', '1'))
    for (let minute = 0; minute < 120; minute += 1) {
      now += 60_001
      await read()
    }
    expect(await store.count()).toBe(1)
    now += 3_600_001
    expect(await store.count()).toBe(0)
  })

  it('leaves a response alone whose handler did not look at the session', async () => {
    const response = new Response('public', { headers: { 'cache-control': 'public, max-age=60' } })
    expect(await browser.send(() => response, browser.request())).toBe(response)
  })
})

describe('writing', () => {
  it('begins a session, with a cookie as OWASP asks for it', async () => {
    const response = await browser.send(set('a', '1'))
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-sid=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ])
    expect(await read()).toEqual({ data: { a: '1' }, identity: null })
  })

  it('on plain http, as on localhost, has no prefix and no Secure', async () => {
    const local = new Browser(httpSessions(store), 'http://localhost:3000')
    const response = await local.send(set('a', '1'))
    expect(response.headers.getSetCookie()[0]).toMatch(/^sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it('sets a cookie in a redirect, whose headers cannot be changed', async () => {
    const response = await browser.send((session) => {
      session.data.a = '1'
      return Response.redirect('https://app.test/next', 303)
    })
    expect([response.status, response.headers.getSetCookie().length]).toEqual([303, 1])
  })

  it('never lets a cookie into a cache that others read from', async () => {
    const response = await browser.send((session) => {
      session.data.a = '1'
      return new Response('x', { headers: { 'cache-control': 'public, max-age=60' } })
    })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('keeps what parallel requests change in different keys', async () => {
    await browser.send(set('a', '1'))
    await Promise.all(Array.from({ length: 20 }, (_, n) => browser.send(set(`k${n}`, 'x'))))
    expect(Object.keys((await store.load(browser.cookies.get('__Host-sid') as string))?.data ?? {})).toHaveLength(21)
  })

  it('by update loses no count, and needs not be awaited', async () => {
    await browser.send(set('a', '1'))
    const count = (session: HttpSession) => {
      void session.update(({ data }) => {
        data.count = Number(data.count ?? 0) + 1
      })
      return ok()
    }
    await Promise.all(Array.from({ length: 20 }, () => browser.send(count)))
    expect(await read()).toEqual({ data: { a: '1', count: 20 }, identity: null })
  })

  it('by two updates of a new session begins one', async () => {
    await browser.send(async (session) => {
      await Promise.all(['a', 'b'].map((key) => session.update(({ data }) => void Object.assign(data, { [key]: 1 }))))
      return ok()
    })
    expect(await store.count()).toBe(1)
    expect(await read()).toEqual({ data: { a: 1, b: 1 }, identity: null })
  })

  it('that is too large is a 503, and never the 200 of the handler', async () => {
    const response = await browser.send(set('a', 'x'.repeat(3_000)))
    expect([response.status, await store.count()]).toEqual([503, 0])
    expect(isSessionError(failures[0]?.error, 'SESS_TOO_LARGE')).toBe(true)
  })

  it('that failed is a 503 also where the handler goes on', async () => {
    const response = await browser.send(async (session) => {
      await session.update(({ data }) => void Object.assign(data, { a: 'x'.repeat(3_000) })).catch(() => {})
      return ok()
    })
    expect(response.status).toBe(503)
  })

  it('in the middle of an outage is a 503, and the redirect is not followed', async () => {
    await browser.send(set('a', '1'))
    const response = await browser.send(async (session) => {
      session.data.a = '2'
      await store.close()
      return Response.redirect('https://app.test/next', 303)
    })
    expect([response.status, response.headers.get('location')]).toEqual([503, null])
  })

  it('does not happen where the handler throws', async () => {
    const failing = browser.send((session) => {
      session.data.a = '1'
      throw new Error('mine')
    })
    await expect(failing).rejects.toThrow('mine')
    expect(await store.count()).toBe(0)
  })

  it('after the response has left throws, as it would be lost', async () => {
    let data: HttpSession['data'] = {}
    await browser.send((session) => {
      data = session.data
      data.a = '1'
      return ok()
    })
    expect(() => {
      data.a = '2'
    }).toThrow(TypeError)
  })
})

describe('signing in and out', () => {
  it('is one rotation: the old id is dead, the data stays', async () => {
    await browser.send(set('cart', 'tea'))
    const old = browser.cookies.get('__Host-sid') as string
    calls = []
    await browser.send(async (session) => {
      await session.signIn(ada)
      return ok()
    })
    expect(calls.filter((name) => name !== 'putState')).toEqual(['load', 'rotate'])
    expect(await store.exists(old)).toBe(false)
    expect(await read()).toEqual({ data: { cart: 'tea' }, identity: 'ada' })
  })

  it('gives another person nothing of the data', async () => {
    await browser.send(async (session) => {
      session.data.secret = 'of ada'
      await session.signIn(ada)
      return ok()
    })
    await browser.send(async (session) => {
      await session.signIn(grace)
      return ok()
    })
    expect(await read()).toEqual({ data: {}, identity: 'grace' })
    expect(await store.count()).toBe(1)
  })

  it('shows the devices, and ends the others', async () => {
    const other = await store.create({ identity: ada })
    now += 1 // a list is sorted by creation
    await browser.send(async (session) => {
      await session.signIn(ada)
      expect((await session.devices()).map(({ isThis }) => isThis)).toEqual([false, true])
      expect(await session.signOutOthers()).toBe(1)
      return ok()
    })
    expect(await store.exists(other.id)).toBe(false)
    expect(await read()).toEqual({ data: {}, identity: 'ada' })
  })

  it('out takes the cookie back', async () => {
    await browser.send(set('a', '1'))
    await browser.send(async (session) => {
      expect(await session.signOut()).toBe(true)
      return ok()
    })
    expect([browser.cookies.size, await store.count()]).toEqual([0, 0])
  })
})

describe('the cookie of a dead session never overwrites a newer one', () => {
  it.each(['in flight at the sign-in', 'sent before it and read after'])('of a request %s', async (when) => {
    await browser.send(set('a', '1'))
    const late = browser.request('POST')
    const signIn = () =>
      browser.send(async (session) => {
        await session.signIn(ada)
        return ok()
      })
    if (when.startsWith('sent')) await signIn()
    const response = await browser.send(async (session) => {
      if (when.startsWith('in')) await signIn()
      session.data.a = '2'
      return ok()
    }, late)
    expect([response.status, response.headers.getSetCookie()]).toEqual([409, []])
    expect(await store.count()).toBe(1)
    expect(await read()).toEqual({ data: { a: '1' }, identity: 'ada' })
  })

  it.each(['signOut', 'nothing'] as const)('by %s', async (what) => {
    await browser.send(set('a', '1'))
    const late = browser.request('POST')
    await browser.send(async (session) => {
      await session.signIn(ada)
      return ok()
    })
    const response = await browser.send(async (session) => {
      if (what === 'signOut') await session.signOut()
      return ok()
    }, late)
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

describe('a cookie that is', () => {
  const planted = 'A'.repeat(43)
  it.each([
    ['forged', `__Host-sid=${planted}`],
    ['of another application', '__Host-sid=s%3Aabc.def%2F%22'],
    ['huge', `__Host-sid=${'A'.repeat(100_000)}`],
    ['broken', '__Host-sid=%E0%A4%A; ;=;__Host-sid'],
  ])('%s names no session, and is never adopted', async (_, cookie) => {
    const response = await browser.send(set('a', '1'), browser.request('POST', { cookie }))
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-sid=[\w-]{43};/)
    expect(response.headers.getSetCookie()[0]).not.toContain(planted)
  })

  it('repeated names the one that lives; of two that live, none', async () => {
    const [one, two] = [await store.create({ data: { n: 1 } }), await store.create({ data: { n: 2 } })]
    const seen = async (cookie: string) => {
      let data: unknown
      await browser.send(
        (session) => {
          data = session.data
          return ok()
        },
        browser.request('GET', { cookie }),
      )
      return data
    }
    expect(await seen(`__Host-sid=${planted}; __Host-sid=${one.id}`)).toEqual({ n: 1 })
    expect(await seen(`__Host-sid=${two.id}; __Host-sid=${one.id}`)).toEqual({})
  })
})

describe('a change from another site', () => {
  const from = (headers: Record<string, string>, body?: string) => {
    const request = browser.request('POST', headers, body)
    if (!('sec-fetch-site' in headers)) request.headers.delete('sec-fetch-site')
    return browser.send(set('hit', 'x'), request).then(({ status }) => status)
  }
  beforeEach(() => browser.send(set('a', '1')))

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
    await browser.send((session) => {
      token = session.csrfToken
      return ok()
    }, browser.request())
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await from(type, `csrf=${token}`)).toBe(200)
    expect(await from(type, `csrf=${token.slice(1)}`)).toBe(403)
    expect(await from({ 'x-csrf-token': token })).toBe(200)
  })
})

describe('a sign-in elsewhere', () => {
  it('is finished once, by the browser that began it', async () => {
    let state = ''
    const begin = await browser.send(async (session) => {
      state = await session.beginSignIn({ data: { verifier: 'v' } })
      return ok()
    })
    expect(begin.headers.getSetCookie()).toHaveLength(1)
    expect(await store.count()).toBe(0)
    const finish = async (by: Browser) => {
      let data: unknown = null
      await by.send(async (session) => {
        data = (await session.finishSignIn(state))?.data ?? null
        return ok()
      }, by.request())
      return data
    }
    expect([await finish(browser), await finish(browser)]).toEqual([{ verifier: 'v' }, null])
    await browser.send(async (session) => {
      state = await session.beginSignIn()
      return ok()
    })
    expect(await finish(new Browser(httpSessions(store)))).toBe(null)
  })
})
