import { readFileSync } from 'node:fs'
import { type AdapterOptions, expressStore } from '@sess/express-session'
import { fastifyStore } from '@sess/express-session/fastify'
import session from 'express-session'
import { describe, expect, it } from 'vitest'
import { behaviourOf, rowOf } from './behaviour.ts'
import type { Engine } from './engines.ts'
import { fastifyApp, login, type Route } from './fastify-server.ts'
import { expressApp, gate } from './server.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const cookie = { originalMaxAge: null, expires: null, path: '/', httpOnly: true }
const minuteMs = 60_000
const ada = { providerId: 'local', externalId: 'ada' }
const identity: NonNullable<AdapterOptions['identity']> = ({ user }) =>
  user === undefined ? null : { providerId: 'local', externalId: user }

/** What the adapters promise, on a store whose answers take their time and come by way of a server. */
export function describeOnEngine(engine: Engine): void {
  describe(`expressStore on ${engine.name}`, () => {
    it('does what the row of this package in the README says', async () => {
      const store = expressStore(await engine.open())
      expect(readme).toContain(rowOf('**@sess/express-session**', await behaviourOf(store)))
    })

    it('a save after the end of its session is SESS_GONE to a strict store, and leaves nothing behind', async () => {
      const inner = await engine.open()
      const store = expressStore(inner, { strict: true, touchEvery: 0 })
      const gone: unknown[] = []
      store.on('gone', ({ code }) => gone.push(code))
      await store.set('s', { cookie, n: 1 } as never)
      const read = (await store.get('s')) as session.SessionData
      await store.destroy('s')
      read.n = 2
      await expect(store.set('s', read)).rejects.toMatchObject({ code: 'SESS_GONE' })
      await expect(store.touch('s', read)).rejects.toMatchObject({ code: 'SESS_GONE' })
      expect(gone).toEqual(['SESS_GONE', 'SESS_GONE'])
      expect(await inner.count()).toBe(0)
    })

    it('a session of the fallback is carried over once, whoever asks, and a logout is final', async () => {
      const inner = await engine.open()
      const old = new session.MemoryStore()
      old.set('s', { cookie, user: 'ada' } as never)
      old.set('other', { cookie, user: 'grace' } as never)
      const [one, other] = [expressStore(inner, { fallback: old }), expressStore(inner, { fallback: old })]
      const found = await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 ? one : other).get('s')))
      expect(found.map((each) => each?.user)).toEqual(Array.from({ length: 10 }, () => 'ada'))
      expect(await inner.count()).toBe(1)
      await Promise.all([one.get('other'), other.destroy('other')])
      await other.destroy('other')
      expect(await one.get('other')).toBeNull()
      expect(await one.get('nobody')).toBeNull()
      expect(await inner.count()).toBe(1)
    })

    it('update counts each of 20, and one request that counts meanwhile', async () => {
      const store = expressStore(await engine.open())
      const slow = gate()
      const browser = await expressApp(store, {
        '/login': (request, response) => {
          request.session.user = 'ada'
          response.json('in')
        },
        '/slow': async (request, response) => {
          request.session.page = 'slow'
          await slow.pass()
          response.json('done')
        },
        '/count': async (request, response) => {
          await store.update(request.sessionID, (stored) => {
            stored.views = (stored.views ?? 0) + 1
          })
          response.json('counted')
        },
        '/all': (request, response) => response.json([request.session.views, request.session.page]),
      })
      await browser.ask('/login')
      const late = browser.tab().ask('/slow')
      await slow.arrived
      await Promise.all(Array.from({ length: 20 }, () => browser.tab().ask('/count')))
      slow.open()
      await late
      expect(await browser.body('/all')).toEqual([20, 'slow'])
    })

    it('a touch is written once it is due, moves the expiry and leaves the version', async () => {
      let now = Date.now()
      const inner = await engine.open({ now: () => now })
      const store = expressStore(inner, { now: () => now, ttl: '10m' })
      await store.set('s', { cookie, n: 1 } as never)
      const first = await inner.load('s')
      now += minuteMs / 2
      await store.touch('s', (await store.get('s')) as session.SessionData)
      expect((await inner.load('s'))?.lastSeenAt).toEqual(first?.lastSeenAt)
      now += minuteMs / 2
      await store.touch('s', (await store.get('s')) as session.SessionData)
      const touched = await inner.load('s')
      expect(touched?.expiresAt.getTime()).toBe(now + 10 * minuteMs)
      expect(touched?.version).toBe(first?.version)
      now += 10 * minuteMs
      expect(await store.get('s')).toBeNull()
    })

    it('a session over maxBytes is an error, and what is stored stays', async () => {
      const store = expressStore(await engine.open({ maxBytes: 1_000 }))
      await store.set('s', { cookie, n: 1 } as never)
      const read = (await store.get('s')) as session.SessionData
      read.blob = 'x'.repeat(2_000)
      await expect(store.set('s', read)).rejects.toMatchObject({ code: 'SESS_TOO_LARGE' })
      expect((await store.get('s'))?.n).toBe(1)
    })
  })

  describe(`fastifyStore on ${engine.name}`, () => {
    it('a late save after a logout brings no session back, and 20 of 20 parallel requests keep their keys', async () => {
      const store = fastifyStore(await engine.open())
      const slow = gate()
      const all = gate()
      let waiting = 0
      const routes: Record<string, Route> = {
        ...login,
        '/set/:key': async (request) => {
          waiting += 1
          if (waiting === 20) all.open()
          await all.pass()
          request.session[(request.params as { key: string }).key] = true
          return { set: true }
        },
        '/keys': (request) => ({ keys: Object.keys(request.session).filter((key) => /^k\d/.test(key)).length }),
        '/slow': async (request) => {
          request.session.page = 'slow'
          await slow.pass()
          return { done: true }
        },
      }
      const browser = await fastifyApp(store, routes)
      await browser.ask('/login')
      await Promise.all(Array.from({ length: 20 }, (_, n) => browser.tab().ask(`/set/k${n}`)))
      expect(await browser.body('/keys')).toEqual({ keys: 20 })
      const late = browser.tab().ask('/slow')
      await slow.arrived
      await browser.tab().ask('/logout')
      slow.open()
      expect((await late).status).toBe(200)
      expect(await store.length()).toBe(0)
    })
  })

  describe.each([
    ['expressStore', expressStore],
    ['fastifyStore', fastifyStore as unknown as typeof expressStore],
  ])(`%s on ${engine.name}`, (_name, make) => {
    it('stores what JSON makes of a session', async () => {
      const when = new Date('2026-01-02T03:04:05.678Z')
      const store = make(await engine.open())
      const given = { when, none: undefined, list: [undefined, Number.NaN, -0], text: 'ü\u2028"\\\0', 'k"\\': 1e21 }
      await store.set('s', { cookie, ...given } as never)
      const { cookie: _cookie, '~sess:origin': _origin, ...data } = (await store.get('s')) as session.SessionData
      expect(data).toEqual({ when: when.toISOString(), list: [null, null, 0], text: 'ü\u2028"\\\0', 'k"\\': 1e21 })
    })

    it('keeps apart sids of any form; all has none of them, length counts them, clear ends them', async () => {
      const store = make(await engine.open())
      const odd = ['', ' ', 'ä', 'a b', 'a\0', '*', "'", '%', '\ud800', '\ud801', 'A', 'a', 'x'.repeat(513)]
      for (const sid of odd) await store.set(sid, { cookie, is: odd.indexOf(sid) } as never)
      for (const sid of odd) expect((await store.get(sid))?.is).toBe(odd.indexOf(sid))
      expect((await store.all()).map(({ is }) => is).sort((one, other) => one - other)).toEqual(odd.map((_, n) => n))
      expect(JSON.stringify(await store.all())).not.toContain('xxx')
      expect(await store.length()).toBe(odd.length)
      await store.clear()
      expect(await store.length()).toBe(0)
      expect(await store.get('a')).toBeNull()
    })

    it('knows since when somebody is signed in, and signs them out everywhere', async () => {
      let now = Date.now()
      const inner = await engine.open({ now: () => now })
      const store = make(inner, { identity, now: () => now })
      await store.set('s', { cookie } as never)
      const read = (await store.get('s')) as session.SessionData
      now += minuteMs
      const signedIn = now
      read.user = 'ada'
      await store.set('s', read)
      now += minuteMs
      read.page = 1
      await store.set('s', read)
      const [found] = await inner.listByIdentity(ada)
      expect(found?.authenticatedAt?.getTime()).toBe(signedIn)
      expect(await inner.deleteByIdentity(ada)).toBe(1)
      read.page = 2
      await store.set('s', read)
      expect(await inner.count()).toBe(0)
    })
  })
}
