import { SessionError, type SessionStore, wrapStore } from '@sess/core'
import { httpSessions } from '@sess/http'
import { honoSessions } from '@sess/http/hono'
import { memoryStore } from '@sess/memory'
import { Hono } from 'hono'
import { beforeEach, describe, expect, it } from 'vitest'
import { Browser } from './browser.ts'
import { ada, Here, ok, set } from './here.ts'

let here: Here
beforeEach(() => {
  here = new Here()
})

/** Responses that nobody can send. */
const spent: [string, () => Promise<Response>][] = [
  ['Response.error()', async () => Response.error()],
  [
    'one whose body was read',
    async () => {
      const response = new Response('once')
      await response.text()
      return response
    },
  ],
  [
    'one whose body somebody is reading',
    async () => {
      const response = new Response('once')
      response.body?.getReader()
      return response
    },
  ],
]

describe.each(spent)('a handler that returns %s', (_, make) => {
  it('has failed: nothing that it changed in data is written', async () => {
    const failing = here.browser.send(async (session) => {
      session.data.a = '1'
      return make()
    })
    await expect(failing).rejects.toThrow('cannot be sent')
    expect(await here.store.count()).toBe(0)
  })

  it('in Hono has failed too: the error handler of the application answers', async () => {
    const app = new Hono<{ Variables: { session: { data: Record<string, unknown> } } }>()
    app.use(honoSessions(here.sessions) as never)
    app.onError((error, c) => c.text(error.message, 500))
    app.post('/', async (c) => {
      c.var.session.data.a = '1'
      return make()
    })
    const response = await app.request('https://app.test/', { method: 'POST' })
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('cannot be sent')])
    expect(await here.store.count()).toBe(0)
  })
})

describe('a response', () => {
  it('without a body that every request gets carries the cookie of one browser only', async () => {
    const shared = new Response(null, { status: 204 })
    const other = new Browser(here.sessions)
    const handler = (browser: Browser) =>
      browser.send((session) => {
        session.data.a = '1'
        return shared
      })
    const cookies = (await Promise.all([handler(here.browser), handler(other)])).map(({ headers }) =>
      headers.getSetCookie(),
    )
    expect(cookies.map(({ length }) => length)).toEqual([1, 1])
    expect(cookies[0]).not.toEqual(cookies[1])
    expect(shared.headers.getSetCookie()).toEqual([])
  })

  it('that switches protocols is sent itself, as nothing can copy it', async () => {
    const upgrade = Object.defineProperty(new Response(null), 'status', { value: 101 })
    expect(await here.browser.send(set('a', '1'))).toBeInstanceOf(Response)
    const response = await here.browser.send((session) => {
      expect(session.data.a).toBe('1')
      return upgrade
    }, here.browser.request())
    expect(response).toBe(upgrade)
  })

  it('with a cookie is kept by no cache, whatever the handler told the ones of a CDN', async () => {
    const response = await here.browser.send((session) => {
      session.data.a = '1'
      const headers = {
        'cache-control': 'public, max-age=60',
        'cdn-cache-control': 'max-age=60',
        'vercel-cdn-cache-control': 'max-age=60',
        'surrogate-control': 'max-age=60',
      }
      return new Response('ok', { headers })
    })
    const left = [...response.headers].filter(([name]) => name.endsWith('-control'))
    expect(left).toEqual([['cache-control', 'no-store']])
  })

  it('of onFailure that was sent before does not make the second failure a fault: the plain answer is sent', async () => {
    const sorry = new Response('sorry', { status: 503 })
    here = new Here({ onFailure: () => sorry })
    const fail = () => here.browser.send(set('a', 'x'.repeat(3_000)))
    const first = await fail()
    expect([first.status, await first.text()]).toEqual([503, 'sorry'])
    const second = await fail()
    expect([second.status, await second.text()]).toEqual([503, expect.stringContaining('try again later')])
  })

  it('to HEAD is as that to GET', async () => {
    await here.browser.send(set('a', '1'))
    const response = await here.browser.send(
      (session) => new Response(null, { headers: { 'x-a': String(session.data.a) } }),
      here.browser.request('HEAD'),
    )
    expect([response.headers.get('x-a'), response.headers.get('cache-control')]).toEqual(['1', 'no-store'])
  })
})

describe('a change that calls the session which it changes', () => {
  it.each(['a visitor', 'a session'])('is refused and does not wait for itself for ever, for %s', async (who) => {
    if (who === 'a session') await here.browser.send(set('a', '1'))
    await here.browser.send(async (session) => {
      const nested = session.update(async () => {
        await session.update(() => {})
      })
      await expect(nested).rejects.toThrow(TypeError)
      const signIn = session.update(async () => session.signIn(ada))
      await expect(signIn).rejects.toThrow(TypeError)
      return ok()
    })
  })

  it('may do so once it has ended, as any other code', async () => {
    await here.browser.send(async (session) => {
      let later: Promise<void> | undefined
      await session.update(({ data }) => {
        data.a = '1'
        later = new Promise((resolve, reject) => {
          setImmediate(() => session.update(({ data }) => void Object.assign(data, { b: '2' })).then(resolve, reject))
        })
      })
      await later
      return ok()
    })
    expect(await here.read()).toEqual({ data: { a: '1', b: '2' }, identity: null })
  })
})

describe('a store that fails in the middle of a request', () => {
  const down = () => Promise.reject(new SessionError('SESS_UNAVAILABLE', 'gone for a moment'))
  const failing = (methods: Partial<SessionStore>) => {
    const now = () => here.now
    return new Browser(httpSessions(wrapStore(here.store, methods), { now }))
  }

  it.each(['putState', 'rotate'] as const)(
    'at %s leaves a sign-in undone: 503, no cookie, the old session',
    async (at) => {
      await here.browser.send(set('a', '1'))
      const browser = failing({ [at]: down })
      for (const [name, value] of here.browser.cookies) browser.cookies.set(name, value)
      const response = await browser.send(async (session) => {
        await session.signIn(ada).catch(() => {})
        return ok()
      })
      expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
      expect(response.headers.get('retry-after')).toBe('5')
      expect(await here.read()).toEqual({ data: { a: '1' }, identity: null })
      expect((await here.browser.send(set('b', '2'))).status).toBe(200)
    },
  )

  it('at delete leaves the person signed in: 503, and the cookie stays', async () => {
    await here.signIn()
    const browser = failing({ delete: down })
    for (const [name, value] of here.browser.cookies) browser.cookies.set(name, value)
    const response = await browser.send(async (session) => {
      await session.signOut().catch(() => {})
      return Response.redirect('https://app.test/goodbye', 303)
    })
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    expect(await here.read()).toMatchObject({ identity: 'ada' })
  })

  it('at the state of a sign-in elsewhere gives neither a state nor a cookie', async () => {
    const response = await failing({ putState: down }).send(async (session) => {
      await session.beginSignIn()
      return ok()
    })
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
  })

  it('and comes back with nothing but rubbish in a handler that swallows the error is a 503 all the same', async () => {
    const memory = memoryStore({ maxBytes: 2_000 })
    const browser = new Browser(httpSessions(memory))
    const response = await browser.send(async (session) => {
      await session.signIn(ada, { data: { a: 'x'.repeat(3_000) } }).catch(() => {})
      return ok()
    })
    expect([response.status, response.headers.getSetCookie(), await memory.count()]).toEqual([503, [], 0])
  })
})

describe('a handler that throws after an update', () => {
  it('loses what it changed in data, and keeps the update, which was atomic and is done', async () => {
    await here.browser.send(set('a', '1'))
    const failing = here.browser.send(async (session) => {
      await session.update(({ data }) => void Object.assign(data, { n: 1 }))
      session.data.lost = true
      throw new Error('mine')
    })
    await expect(failing).rejects.toThrow('mine')
    expect(await here.read()).toEqual({ data: { a: '1', n: 1 }, identity: null })
  })
})
