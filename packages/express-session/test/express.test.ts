import { isSessionError, type SessionStore, type SessionSummary } from '@sess/core'
import { expressStore } from '@sess/express-session'
import { MemoryStorage, memoryStore } from '@sess/memory'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { expressApp, gate, type Route } from './server.ts'

afterEach(() => void vi.useRealTimers())

const login: Record<string, Route> = {
  '/login': (request, response) => {
    request.session.user = 'ada'
    response.json('in')
  },
  '/user': (request, response) => response.json(request.session.user ?? null),
  '/logout': (request, response) => request.session.destroy(() => response.json('out')),
}

describe('a late save after a logout', () => {
  it.each([true, false])('brings no session back (merge: %s), and is told without the sid', async (merge) => {
    const store = expressStore(memoryStore(), { merge })
    const gone: unknown[] = []
    store.on('gone', (error) => gone.push(error))
    const slow = gate()
    let sid = ''
    const browser = await expressApp(store, {
      ...login,
      '/slow': async (request, response) => {
        sid = request.sessionID
        request.session.page = 'slow'
        await slow.pass()
        response.json('done')
      },
    })
    await browser.ask('/login')
    const late = browser.tab().ask('/slow')
    await slow.arrived
    await browser.tab().ask('/logout')
    slow.open()
    expect(await late).toMatchObject({ status: 200, body: 'done' })
    expect(await browser.body('/user')).toBeNull()
    expect(await store.length()).toBe(0)
    expect(gone).toHaveLength(1)
    expect(isSessionError(gone[0], 'SESS_GONE')).toBe(true)
    expect(JSON.stringify(gone) + String((gone[0] as Error).stack)).not.toContain(sid)
  })

  it('brings none back with resave, nor when nothing has changed', async () => {
    const store = expressStore(memoryStore(), { touchEvery: 0 })
    const slow = gate()
    const routes: Record<string, Route> = {
      ...login,
      '/slow': async (_request, response) => {
        await slow.pass()
        response.json('done')
      },
    }
    const browser = await expressApp(store, routes, { resave: true, cookie: { maxAge: 60_000 } })
    await browser.ask('/login')
    const late = browser.tab().ask('/slow')
    await slow.arrived
    await browser.tab().ask('/logout')
    slow.open()
    expect((await late).status).toBe(200)
    expect(await store.length()).toBe(0)
  })

  it('is an error to the callback where the store is strict', async () => {
    const store = expressStore(memoryStore(), { strict: true })
    const slow = gate()
    const browser = await expressApp(store, {
      ...login,
      '/slow': async (request, response) => {
        request.session.page = 'slow'
        await slow.pass()
        request.session.save((error) => response.json(error?.code ?? null))
      },
    })
    await browser.ask('/login')
    const late = browser.tab().body('/slow')
    await slow.arrived
    await browser.tab().ask('/logout')
    slow.open()
    expect(await late).toBe('SESS_GONE')
  })
})

describe('parallel requests of one session', () => {
  it.each([true, false])('20 of 20 keep their keys with merge, fewer without (merge: %s)', async (merge) => {
    const store = expressStore(memoryStore(), { merge })
    let waiting = 0
    const all = gate()
    const browser = await expressApp(store, {
      ...login,
      '/set/:key': async (request, response) => {
        waiting += 1
        if (waiting === 20) all.open()
        await all.pass()
        request.session[request.params.key as string] = true
        response.json('set')
      },
      '/keys': (request, response) => response.json(Object.keys(request.session).filter((key) => /^k\d/.test(key))),
    })
    await browser.ask('/login')
    await Promise.all(Array.from({ length: 20 }, (_, n) => browser.tab().ask(`/set/k${n}`)))
    const kept = (await browser.body('/keys')) as string[]
    if (merge) expect(kept).toHaveLength(20)
    else expect(kept.length).toBeLessThan(20)
    expect(await browser.body('/user')).toBe('ada')
  })

  it('a key that one of them removes stays removed, and one that nobody touched stays', async () => {
    const store = expressStore(memoryStore())
    const slow = gate()
    const browser = await expressApp(store, {
      ...login,
      '/slow': async (request, response) => {
        await slow.pass()
        delete request.session.user
        response.json('removed')
      },
      '/cart': (request, response) => {
        request.session.cart = [1]
        response.json('set')
      },
      '/all': (request, response) => {
        const { cookie: _cookie, ...data } = { ...request.session }
        response.json(data)
      },
    })
    await browser.ask('/login')
    const late = browser.tab().ask('/slow')
    await slow.arrived
    await browser.tab().ask('/cart')
    slow.open()
    await late
    expect(await browser.body('/all')).toEqual({ cart: [1] })
  })

  it('a request that only reads undoes no write, with resave neither', async () => {
    const store = expressStore(memoryStore(), { touchEvery: 0, merge: false })
    const slow = gate()
    const routes: Record<string, Route> = {
      ...login,
      '/slow': async (_request, response) => {
        await slow.pass()
        response.json('read')
      },
      '/rename': (request, response) => {
        request.session.user = 'grace'
        response.json('set')
      },
    }
    const browser = await expressApp(store, routes, { resave: true, cookie: { maxAge: 60_000 } })
    await browser.ask('/login')
    const late = browser.tab().ask('/slow')
    await slow.arrived
    await browser.tab().ask('/rename')
    slow.open()
    await late
    expect(await browser.body('/user')).toBe('grace')
  })

  it('update counts each of 20, whatever the session objects say', async () => {
    const store = expressStore(memoryStore())
    const browser = await expressApp(store, {
      ...login,
      '/count': async (request, response) => {
        await store.update(request.sessionID, (session) => {
          session.views = (session.views ?? 0) + 1
        })
        request.session.last = 'count'
        response.json('counted')
      },
      '/views': (request, response) => response.json(request.session.views),
    })
    await browser.ask('/login')
    await Promise.all(Array.from({ length: 20 }, () => browser.tab().ask('/count')))
    expect(await browser.body('/views')).toBe(20)
    expect(await store.update('nobody', () => {})).toBeNull()
  })
})

describe('one request', () => {
  it('saves twice without waiting, and the second save has what the first has stored', async () => {
    const store = expressStore(memoryStore())
    const browser = await expressApp(store, {
      '/twice': (request, response) => {
        request.session.n = 1
        request.session.save()
        request.session.n = 2
        request.session.save((error) => response.json(error ?? request.session.n))
      },
      '/n': (request, response) => response.json(request.session.n ?? null),
    })
    expect(await browser.body('/twice')).toBe(2)
    expect(await browser.body('/n')).toBe(2)
  })

  it('reloads, and saves what it changed after that', async () => {
    const store = expressStore(memoryStore())
    const browser = await expressApp(store, {
      ...login,
      '/reload': (request, response) => {
        request.session.user = 'nobody'
        request.session.reload(() => {
          request.session.page = request.session.user
          response.json('reloaded')
        })
      },
      '/page': (request, response) => response.json([request.session.user, request.session.page]),
    })
    await browser.ask('/login')
    await browser.ask('/reload')
    expect(await browser.body('/page')).toEqual(['ada', 'ada'])
  })

  it('regenerates: the old id is dead, the new one lives', async () => {
    const store = expressStore(memoryStore())
    const browser = await expressApp(store, {
      ...login,
      '/regenerate': (request, response) =>
        request.session.regenerate(() => {
          request.session.user = 'grace'
          response.json('new')
        }),
    })
    await browser.ask('/login')
    const old = browser.tab()
    await browser.ask('/regenerate')
    expect(await browser.body('/user')).toBe('grace')
    expect(await old.body('/user')).toBeNull()
    expect(await store.length()).toBe(1)
  })
})

describe('the cookie', () => {
  const routes: Record<string, Route> = {
    ...login,
    '/read': (request, response) =>
      response.json({
        originalMaxAge: request.session.cookie.originalMaxAge,
        expires: request.session.cookie.expires,
      }),
    '/remember': (request, response) => {
      request.session.cookie.maxAge = 30 * 86_400_000
      response.json('remembered')
    },
    '/forget': (request, response) => {
      request.session.cookie.expires = null
      response.json('forgotten')
    },
  }

  it('the millisecond that express-session takes off originalMaxAge is no change', async () => {
    const sess = memoryStore()
    const store = expressStore(sess, { touchEvery: 0 })
    const browser = await expressApp(store, routes, { cookie: { maxAge: 60_000 }, resave: true })
    await browser.ask('/login')
    const before = await onlyOne(sess)
    for (let reads = 0; reads < 20; reads += 1) await browser.ask('/read')
    const after = await onlyOne(sess)
    expect(after?.version).toBe(before?.version)
    expect(maxAgeOf(before)).toBeGreaterThanOrEqual(59_900)
    expect(await browser.body('/read')).toMatchObject({ originalMaxAge: maxAgeOf(before) })
    expect(after?.data).toMatchObject({ cookie: { originalMaxAge: maxAgeOf(before) } })
  })

  it('a changed maxAge is stored, though nothing else has changed', async () => {
    const sess = memoryStore()
    const browser = await expressApp(expressStore(sess), routes)
    await browser.ask('/login')
    expect(await browser.body('/read')).toEqual({ originalMaxAge: null, expires: null })
    await browser.ask('/remember')
    const { originalMaxAge, expires } = (await browser.body('/read')) as { originalMaxAge: number; expires: string }
    expect(originalMaxAge).toBeGreaterThan(30 * 86_400_000 - 1_000)
    const session = await onlyOne(sess)
    expect(session?.expiresAt.toISOString()).toBe(expires)
    expect(session?.expiresAt.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000)
    await browser.ask('/forget')
    expect(await browser.body('/read')).toEqual({ originalMaxAge: null, expires: null })
    const forgotten = await onlyOne(sess)
    expect(forgotten?.expiresAt.getTime()).toBeLessThan(Date.now() + 86_400_001)
  })

  it('expires with the session once it was touched', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const sess = memoryStore()
    const store = expressStore(sess)
    let sid = ''
    const browser = await expressApp(
      store,
      {
        ...routes,
        '/sid': (request, response) => {
          sid = request.sessionID
          response.json('ok')
        },
      },
      { cookie: { maxAge: 600_000 } },
    )
    await browser.ask('/login')
    vi.setSystemTime(Date.now() + 300_000)
    await browser.ask('/sid')
    const session = await sess.load(sid)
    expect(session?.expiresAt.getTime()).toBe(Date.now() + 600_000)
    expect((await store.get(sid))?.cookie.expires).toEqual(session?.expiresAt)
  })

  it('a slow request does not take back the expiry that a later one gave', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const sess = memoryStore()
    const store = expressStore(sess, { touchEvery: 0 })
    const slow = gate()
    const browser = await expressApp(
      store,
      {
        ...routes,
        '/slow': async (request, response) => {
          request.session.touch()
          await slow.pass()
          request.session.page = 'slow'
          request.session.save(async () => response.json((await sess.load(request.sessionID))?.expiresAt.getTime()))
        },
      },
      { cookie: { maxAge: 60_000 } },
    )
    await browser.ask('/login')
    vi.setSystemTime(Date.now() + 1_000)
    const late = browser.tab().ask('/slow')
    await slow.arrived
    vi.setSystemTime(Date.now() + 50_000)
    await browser.tab().ask('/read')
    const touched = Date.now() + 60_000
    slow.open()
    expect((await late).body).toBe(touched)
  })

  it('is touched at most every touchEvery, and before half of its time is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const sess = memoryStore()
    const browser = await expressApp(expressStore(sess), routes, { cookie: { maxAge: 20_000 } })
    const seenAt = async () => (await onlyOne(sess))?.lastSeenAt.getTime()
    await browser.ask('/login')
    const signedIn = Date.now()
    vi.setSystemTime(signedIn + 6_000)
    await browser.ask('/read')
    expect(await seenAt()).toBe(signedIn)
    vi.setSystemTime(signedIn + 8_000)
    await browser.ask('/read')
    expect(await seenAt()).toBe(signedIn + 8_000)
  })

  it('never makes a session live past the absolute limit', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const sess = memoryStore()
    const store = expressStore(sess, { absolute: '1h' })
    const browser = await expressApp(store, routes, { cookie: { maxAge: 45 * 60_000 } })
    const signedIn = Date.now()
    await browser.ask('/login')
    vi.setSystemTime(signedIn + 40 * 60_000)
    expect(await browser.body('/user')).toBe('ada')
    vi.setSystemTime(signedIn + 3_600_000 - 1)
    expect(await browser.body('/user')).toBe('ada')
    vi.setSystemTime(signedIn + 3_600_000)
    expect(await browser.body('/user')).toBeNull()
  })
})

describe('what is stored under the sid cannot be read', () => {
  it('a new session begins, and the application hears of it', async () => {
    const storage = new MemoryStorage()
    const store = expressStore(memoryStore({ storage }))
    const told: unknown[] = []
    store.on('corrupt', (error) => told.push(error))
    const browser = await expressApp(store, login)
    await browser.ask('/login')
    for (const record of [...storage.records()]) storage.write({ ...record, payload: '{' })
    expect(await browser.ask('/user')).toMatchObject({ status: 200, body: null })
    expect(told).toEqual([expect.objectContaining({ code: 'SESS_CORRUPT' })])
    await browser.ask('/login')
    expect(await browser.body('/user')).toBe('ada')
  })
})

function maxAgeOf(summary: SessionSummary | undefined): number {
  const cookie = summary?.data.cookie as { originalMaxAge: number } | undefined
  return cookie?.originalMaxAge ?? Number.NaN
}

async function onlyOne(store: SessionStore): Promise<SessionSummary | undefined> {
  for await (const summary of store.entries()) return summary
  return undefined
}
