import { isSessionError } from '@sess/core'
import { type HttpSession, httpSessions } from '@sess/http'
import { beforeEach, describe, expect, it } from 'vitest'
import { Browser } from './browser.ts'
import { ada, grace, Here, ok, set } from './here.ts'

let here: Here
beforeEach(() => {
  here = new Here()
})

describe('reading', () => {
  it('of a visitor without a cookie asks the store nothing, and sets no cookie', async () => {
    const response = await here.browser.send(
      (session) => new Response(JSON.stringify(session.data)),
      here.browser.request(),
    )
    expect([here.calls, response.headers.getSetCookie()]).toEqual([[], []])
  })

  it('of a session is one load and no write, and the response says that it is for this browser', async () => {
    await here.browser.send(set('a', '1'))
    here.calls = []
    const response = await here.browser.send(
      (session) => new Response(JSON.stringify(session.data)),
      here.browser.request(),
    )
    expect(here.calls).toEqual(['load'])
    expect(response.headers.getSetCookie()).toEqual([])
    expect([response.headers.get('cache-control'), response.headers.get('vary')]).toEqual(['no-store', 'Cookie'])
  })

  it('moves the expiry once a minute', async () => {
    here = new Here({ idle: '1h' })
    await here.browser.send(set('a', '1'))
    for (let minute = 0; minute < 120; minute += 1) {
      here.now += 60_001
      await here.read()
    }
    expect(await here.store.count()).toBe(1)
    here.now += 3_600_001
    expect(await here.store.count()).toBe(0)
  })

  it('leaves a response alone whose handler did not look at the session', async () => {
    const response = new Response('public', { headers: { 'cache-control': 'public, max-age=60' } })
    expect(await here.browser.send(() => response, here.browser.request())).toBe(response)
  })
})

describe('writing', () => {
  it('begins a session, with a cookie as OWASP asks for it', async () => {
    const response = await here.browser.send(set('a', '1'))
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-sid=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ])
    expect(await here.read()).toEqual({ data: { a: '1' }, identity: null })
  })

  it('on plain http, as on localhost, has no prefix and no Secure', async () => {
    const local = new Browser(httpSessions(here.store), 'http://localhost:3000')
    const response = await local.send(set('a', '1'))
    expect(response.headers.getSetCookie()[0]).toMatch(/^sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it('sets a cookie in a redirect, whose headers cannot be changed', async () => {
    const response = await here.browser.send((session) => {
      session.data.a = '1'
      return Response.redirect('https://app.test/next', 303)
    })
    expect([response.status, response.headers.getSetCookie().length]).toEqual([303, 1])
  })

  it('never lets a cookie into a cache that others read from', async () => {
    const response = await here.browser.send((session) => {
      session.data.a = '1'
      return new Response('x', { headers: { 'cache-control': 'public, max-age=60' } })
    })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('keeps what parallel requests change in different keys', async () => {
    await here.browser.send(set('a', '1'))
    await Promise.all(Array.from({ length: 20 }, (_, n) => here.browser.send(set(`k${n}`, 'x'))))
    expect(
      Object.keys((await here.store.load(here.browser.cookies.get('__Host-sid') as string))?.data ?? {}),
    ).toHaveLength(21)
  })

  it('by update loses no count, and needs not be awaited', async () => {
    await here.browser.send(set('a', '1'))
    const count = (session: HttpSession) => {
      void session.update(({ data }) => {
        data.count = Number(data.count ?? 0) + 1
      })
      return ok()
    }
    await Promise.all(Array.from({ length: 20 }, () => here.browser.send(count)))
    expect(await here.read()).toEqual({ data: { a: '1', count: 20 }, identity: null })
  })

  it('by two updates of a new session begins one', async () => {
    await here.browser.send(async (session) => {
      await Promise.all(['a', 'b'].map((key) => session.update(({ data }) => void Object.assign(data, { [key]: 1 }))))
      return ok()
    })
    expect(await here.store.count()).toBe(1)
    expect(await here.read()).toEqual({ data: { a: 1, b: 1 }, identity: null })
  })

  it('that is too large is a 503, and never the 200 of the handler', async () => {
    const response = await here.browser.send(set('a', 'x'.repeat(3_000)))
    expect([response.status, await here.store.count()]).toEqual([503, 0])
    expect(isSessionError(here.failures[0]?.error, 'SESS_TOO_LARGE')).toBe(true)
  })

  it('that failed is a 503 also where the handler goes on', async () => {
    const response = await here.browser.send(async (session) => {
      await session.update(({ data }) => void Object.assign(data, { a: 'x'.repeat(3_000) })).catch(() => {})
      return ok()
    })
    expect(response.status).toBe(503)
  })

  it('in the middle of an outage is a 503, and the redirect is not followed', async () => {
    await here.browser.send(set('a', '1'))
    const response = await here.browser.send(async (session) => {
      session.data.a = '2'
      await here.store.close()
      return Response.redirect('https://app.test/next', 303)
    })
    expect([response.status, response.headers.get('location')]).toEqual([503, null])
  })

  it('does not happen where the handler throws', async () => {
    const failing = here.browser.send((session) => {
      session.data.a = '1'
      throw new Error('mine')
    })
    await expect(failing).rejects.toThrow('mine')
    expect(await here.store.count()).toBe(0)
  })

  it('does not happen where the answer is a 500: a framework may have made it of what the handler threw', async () => {
    const response = await here.browser.send((session) => {
      session.data.a = '1'
      return new Response('failed', { status: 500 })
    })
    expect([response.status, response.headers.getSetCookie(), await here.store.count()]).toEqual([500, [], 0])
  })

  it('after the response has left throws, as it would be lost', async () => {
    let data: HttpSession['data'] = {}
    await here.browser.send((session) => {
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
    await here.browser.send(set('cart', 'tea'))
    const old = here.browser.cookies.get('__Host-sid') as string
    here.calls = []
    await here.browser.send(async (session) => {
      await session.signIn(ada)
      return ok()
    })
    expect(here.calls.filter((name) => name !== 'putState')).toEqual(['load', 'rotate'])
    expect(await here.store.exists(old)).toBe(false)
    expect(await here.read()).toEqual({ data: { cart: 'tea' }, identity: 'ada' })
  })

  it('gives another person nothing of the data', async () => {
    await here.browser.send(async (session) => {
      session.data.secret = 'of ada'
      await session.signIn(ada)
      return ok()
    })
    await here.browser.send(async (session) => {
      await session.signIn(grace)
      return ok()
    })
    expect(await here.read()).toEqual({ data: {}, identity: 'grace' })
    expect(await here.store.count()).toBe(1)
  })

  it('shows the devices, and ends the others', async () => {
    const other = await here.store.create({ identity: ada })
    here.now += 1 // a list is sorted by creation
    await here.browser.send(async (session) => {
      await session.signIn(ada)
      expect((await session.devices()).map(({ isThis }) => isThis)).toEqual([false, true])
      expect(await session.signOutOthers()).toBe(1)
      return ok()
    })
    expect(await here.store.exists(other.id)).toBe(false)
    expect(await here.read()).toEqual({ data: {}, identity: 'ada' })
  })

  it('out takes the cookie back', async () => {
    await here.browser.send(set('a', '1'))
    await here.browser.send(async (session) => {
      expect(await session.signOut()).toBe(true)
      return ok()
    })
    expect([here.browser.cookies.size, await here.store.count()]).toEqual([0, 0])
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
    const response = await here.browser.send(set('a', '1'), here.browser.request('POST', { cookie }))
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-sid=[\w-]{43};/)
    expect(response.headers.getSetCookie()[0]).not.toContain(planted)
  })

  it('repeated names the one that lives; of two that live, none', async () => {
    const [one, two] = [await here.store.create({ data: { n: 1 } }), await here.store.create({ data: { n: 2 } })]
    const seen = async (cookie: string) => {
      let data: unknown
      await here.browser.send(
        (session) => {
          data = session.data
          return ok()
        },
        here.browser.request('GET', { cookie }),
      )
      return data
    }
    expect(await seen(`__Host-sid=${planted}; __Host-sid=${one.id}`)).toEqual({ n: 1 })
    expect(await seen(`__Host-sid=${two.id}; __Host-sid=${one.id}`)).toEqual({})
  })
})

describe('a sign-in elsewhere', () => {
  it('is finished once, by the browser that began it', async () => {
    let state = ''
    const begin = await here.browser.send(async (session) => {
      state = await session.beginSignIn({ data: { verifier: 'v' } })
      return ok()
    })
    expect(begin.headers.getSetCookie()).toHaveLength(1)
    expect(await here.store.count()).toBe(0)
    const finish = async (by: Browser) => {
      let data: unknown = null
      await by.send(async (session) => {
        data = (await session.finishSignIn(state))?.data ?? null
        return ok()
      }, by.request())
      return data
    }
    expect([await finish(here.browser), await finish(here.browser)]).toEqual([{ verifier: 'v' }, null])
    await here.browser.send(async (session) => {
      state = await session.beginSignIn()
      return ok()
    })
    expect(await finish(new Browser(httpSessions(here.store)))).toBe(null)
  })
})
