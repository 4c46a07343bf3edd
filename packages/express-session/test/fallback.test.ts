import { expressStore } from '@sess/express-session'
import { fastifyStore } from '@sess/express-session/fastify'
import { memoryStore } from '@sess/memory'
import session, { type Store } from 'express-session'
import makeMemoryStore from 'memorystore'
import { describe, expect, it } from 'vitest'
import { expressApp, type Route } from './server.ts'

const MemoryStore = makeMemoryStore(session)

const oldStores: [name: string, make: () => Store][] = [
  ['MemoryStore', () => new session.MemoryStore()],
  ['memorystore', () => new MemoryStore({ checkPeriod: 86_400_000 })],
]

const routes: Record<string, Route> = {
  '/login': (request, response) => {
    request.session.user = 'ada'
    response.json('in')
  },
  '/user': (request, response) => response.json(request.session.user ?? null),
  '/logout': (request, response) => request.session.destroy(() => response.json('out')),
}

const cookie = { originalMaxAge: null, expires: null, path: '/', httpOnly: true }

/** An old store that counts what is asked of it, and waits in `get` where a test says so. */
function oldStore(sessions: Record<string, object>) {
  const stored = new Map(Object.entries(sessions))
  const old = {
    reads: 0,
    has: (sid: string) => stored.has(sid),
    beforeAnswer: async () => {},
    isStuck: false,
    get(sid: string, callback: (error: unknown, session?: unknown) => void) {
      old.reads += 1
      const found = stored.get(sid)
      old.beforeAnswer().then(() => callback(null, found), callback)
    },
    destroy(sid: string, callback: (error?: unknown) => void) {
      if (old.isStuck) return callback(new Error('the old store is down'))
      stored.delete(sid)
      callback()
    },
    clear(callback: () => void) {
      stored.clear()
      callback()
    },
  }
  return old
}

describe.each(oldStores)('from %s', (_name, make) => {
  it('nobody is signed out, with one line changed', async () => {
    const old = make()
    const before = await expressApp(old, routes, { cookie: { maxAge: 600_000 } })
    await before.ask('/login')
    const store = expressStore(memoryStore(), { fallback: old })
    const after = await expressApp(store, routes, { cookie: { maxAge: 600_000 } })
    after.cookie = before.cookie
    expect(await after.body('/user')).toBe('ada')
    expect(await store.length()).toBe(1)
    await after.ask('/logout')
    expect(await after.body('/user')).toBeNull()
    after.cookie = before.cookie
    expect(await after.body('/user')).toBeNull()
  })
})

describe.each<[name: string, make: typeof expressStore]>([
  ['expressStore', expressStore],
  ['fastifyStore', fastifyStore as unknown as typeof expressStore],
])('fallback of %s', (_name, make) => {
  it('reads the old store once, keeps what it found, and takes it out of the old store', async () => {
    const sess = memoryStore()
    const old = oldStore({ s: { cookie, user: 'ada' } })
    const store = make(sess, { fallback: old, identity: ({ user }) => ({ providerId: 'local', externalId: user }) })
    for (let reads = 0; reads < 3; reads += 1) expect((await store.get('s'))?.user).toBe('ada')
    expect(old.reads).toBe(1)
    expect(old.has('s')).toBe(false)
    expect(await sess.listByIdentity({ providerId: 'local', externalId: 'ada' })).toHaveLength(1)
    expect((await sess.load('s'))?.deadline).toBeInstanceOf(Date)
    const left = ((await sess.load('s'))?.expiresAt.getTime() ?? 0) - Date.now()
    expect(left).toBeGreaterThan(86_390_000)
  })

  it('a sid that is in neither store leaves nothing behind', async () => {
    const sess = memoryStore()
    const store = make(sess, { fallback: oldStore({}) })
    expect(await store.get('nobody')).toBeNull()
    expect(await sess.count()).toBe(0)
    expect(await store.all()).toEqual([])
    expect(await store.update('nobody', () => {})).toBeNull()
  })

  it('an old session whose time is over is not carried over', async () => {
    const over = { ...cookie, originalMaxAge: 1, expires: new Date(Date.now() - 1).toISOString() }
    const store = make(memoryStore(), { fallback: oldStore({ s: { cookie: over } }) })
    expect(await store.get('s')).toBeNull()
  })

  it('many at once get the same session', async () => {
    const sess = memoryStore()
    const store = make(sess, { fallback: oldStore({ s: { cookie, user: 'ada' } }) })
    const all = await Promise.all(Array.from({ length: 20 }, () => store.get('s')))
    expect(all.map((found) => found?.user)).toEqual(Array.from({ length: 20 }, () => 'ada'))
    expect(await sess.count()).toBe(1)
  })

  it('a logout while the old store is read is final, of another process too', async () => {
    const sess = memoryStore()
    const old = oldStore({ s: { cookie, user: 'ada' } })
    const other = make(sess, { fallback: old })
    old.beforeAnswer = async () => {
      old.beforeAnswer = async () => {}
      await other.destroy('s')
    }
    const store = make(sess, { fallback: old })
    expect(await store.get('s')).toBeNull()
    expect(await store.get('s')).toBeNull()
    expect(await sess.count()).toBe(0)
  })

  it('all has no session that is still looked for', async () => {
    const old = oldStore({})
    const store = make(memoryStore(), { fallback: old })
    let seen: unknown
    old.beforeAnswer = async () => {
      seen = await store.all()
    }
    await store.get('s')
    expect(seen).toEqual([])
  })

  it('update carries over first', async () => {
    const store = make(memoryStore(), { fallback: oldStore({ s: { cookie, views: 1 } }) })
    const updated = await store.update('s', (found) => {
      found.views += 1
    })
    expect(updated?.views).toBe(2)
  })

  it('a carry-over that the old store does not let go of is not made', async () => {
    const sess = memoryStore()
    const old = oldStore({ s: { cookie, user: 'ada' } })
    const store = make(sess, { fallback: old })
    old.isStuck = true
    await expect(store.get('s')).rejects.toThrow('the old store is down')
    expect(await sess.count()).toBe(0)
    await expect(store.destroy('s')).rejects.toThrow('the old store is down')
    old.isStuck = false
    expect((await store.get('s'))?.user).toBe('ada')
  })

  it('clear ends the old sessions too', async () => {
    const store = make(memoryStore(), { fallback: oldStore({ s: { cookie, user: 'ada' } }) })
    await store.clear()
    expect(await store.get('s')).toBeNull()
  })
})
