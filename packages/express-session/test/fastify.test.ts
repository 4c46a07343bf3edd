import { inspect } from 'node:util'
import { fastifyStore } from '@sess/express-session/fastify'
import { memoryStore } from '@sess/memory'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fastifyApp, login, type Route } from './fastify-server.ts'
import { gate } from './server.ts'

afterEach(() => void vi.useRealTimers())

describe('a late save after a logout', () => {
  it.each([true, false])('brings no session back, and is no 500 (rolling: %s)', async (rolling) => {
    const store = fastifyStore(memoryStore())
    const gone: unknown[] = []
    store.on('gone', (error) => gone.push(error))
    const slow = gate()
    const routes: Record<string, Route> = {
      ...login,
      '/slow': async (request) => {
        request.session.page = 'slow'
        await slow.pass()
        return { done: true }
      },
    }
    const browser = await fastifyApp(store, routes, { rolling })
    await browser.ask('/login')
    const late = browser.tab().ask('/slow')
    await slow.arrived
    await browser.tab().ask('/logout')
    slow.open()
    expect(await late).toMatchObject({ status: 200, body: { done: true } })
    expect(await browser.body('/user')).toEqual({ user: null })
    expect(await store.length()).toBe(0)
    expect(gone).toEqual([expect.objectContaining({ code: 'SESS_GONE' })])
  })

  it('is a 500 where the store is strict', async () => {
    const store = fastifyStore(memoryStore(), { strict: true })
    const slow = gate()
    const browser = await fastifyApp(store, {
      ...login,
      '/slow': async (request) => {
        request.session.page = 'slow'
        await slow.pass()
        return { done: true }
      },
    })
    await browser.ask('/login')
    const late = browser.tab().ask('/slow')
    await slow.arrived
    await browser.tab().ask('/logout')
    slow.open()
    expect((await late).status).toBe(500)
    expect(await store.length()).toBe(0)
  })

  it('brings none back after a reload and a copy of the old session over a new one', async () => {
    const store = fastifyStore(memoryStore())
    const slow = gate()
    const browser = await fastifyApp(store, {
      ...login,
      '/slow': async (request) => {
        await request.session.reload()
        request.session.page = 'slow'
        await slow.pass()
        return { done: true }
      },
      '/again': async (request) => {
        const before = request.session
        await request.session.regenerate()
        for (const key in before) if (key !== 'cookie') request.session[key] = before[key]
        return { user: request.session.user }
      },
    })
    await browser.ask('/login')
    const late = browser.tab().ask('/slow')
    await slow.arrived
    expect(await browser.body('/again')).toEqual({ user: 'ada' })
    slow.open()
    await late
    expect(await browser.body('/user')).toEqual({ user: 'ada' })
    expect(await store.length()).toBe(1)
  })
})

it('20 of 20 parallel requests keep their keys', async () => {
  const store = fastifyStore(memoryStore())
  const all = gate()
  let waiting = 0
  const browser = await fastifyApp(store, {
    ...login,
    '/set/:key': async (request) => {
      waiting += 1
      if (waiting === 20) all.open()
      await all.pass()
      request.session[(request.params as { key: string }).key] = true
      return {}
    },
    '/keys': (request) => Object.keys(request.session).filter((key) => /^k\d/.test(key)),
  })
  await browser.ask('/login')
  await Promise.all(Array.from({ length: 20 }, (_, n) => browser.tab().ask(`/set/k${n}`)))
  expect(await browser.body('/keys')).toHaveLength(20)
})

it('a request that only reads writes nothing but the touch, and takes back none', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const sess = memoryStore()
  const slow = gate()
  const routes: Record<string, Route> = {
    ...login,
    '/slow': async () => {
      await slow.pass()
      return {}
    },
  }
  const browser = await fastifyApp(fastifyStore(sess, { touchEvery: 0 }), routes, { cookie: { maxAge: 60_000 } })
  const only = async () => {
    for await (const summary of sess.entries()) return summary
    return undefined
  }
  await browser.ask('/login')
  const before = await only()
  const late = browser.tab().ask('/slow')
  await slow.arrived
  vi.setSystemTime(Date.now() + 30_000)
  await browser.ask('/user')
  slow.open()
  await late
  const after = await only()
  expect(after?.version).toBe(before?.version)
  expect(after?.expiresAt.getTime()).toBe(Date.now() + 60_000)
})

it('a changed maxAge is stored, and the cookie expires with the session', async () => {
  const store = fastifyStore(memoryStore())
  let sid = ''
  const browser = await fastifyApp(store, {
    ...login,
    '/remember': (request) => {
      sid = request.session.sessionId
      request.session.cookie.maxAge = 30 * 86_400_000
      return {}
    },
  })
  await browser.ask('/login')
  await browser.ask('/remember')
  const { cookie } = (await store.get(sid)) ?? {}
  expect(cookie?.originalMaxAge).toBe(30 * 86_400_000)
  expect(cookie?.expires?.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000)
})

it('an outage is a 500, and the session is there again afterwards', async () => {
  const sess = memoryStore()
  let isDown = false
  const load: typeof sess.load = (...args) => (isDown ? Promise.reject(new Error('down')) : sess.load(...args))
  const store = fastifyStore(new Proxy(sess, { get: (target, name) => (name === 'load' ? load : bound(target, name)) }))
  const browser = await fastifyApp(store, login)
  await browser.ask('/login')
  isDown = true
  expect((await browser.tab().ask('/user')).status).toBe(500)
  isDown = false
  expect(await browser.body('/user')).toEqual({ user: 'ada' })
})

it('the origin of a session is in no JSON and in no log', async () => {
  const store = fastifyStore(memoryStore())
  await store.set('the-secret-sid', { cookie: { originalMaxAge: null }, n: 1 })
  const session = await store.get('the-secret-sid')
  expect(JSON.stringify(session)).toBe('{"n":1,"cookie":{"originalMaxAge":null,"expires":null}}')
  expect(inspect(session, { depth: 9, showHidden: true })).not.toContain('the-secret-sid')
})

function bound(target: object, name: PropertyKey): unknown {
  const value = Reflect.get(target, name, target)
  return typeof value === 'function' ? value.bind(target) : value
}
