import { secondaryStorage } from '@sess/better-auth'
import { createSessionStore, type SessionStore } from '@sess/core'
import { memoryStore } from '@sess/memory'
import { describe, expect, it } from 'vitest'

function open() {
  let time = Date.UTC(2030, 0, 1)
  const now = () => time
  const store = memoryStore({ now })
  const pass = (ms: number) => {
    time += ms
  }
  return { store, pass, now, storage: secondaryStorage(store, { now }) }
}
/** The store with some methods in the place of its own. */
function withMethods(store: SessionStore, methods: Partial<SessionStore>): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(name in methods ? methods : target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

const sessionOf = (userId: string, name = 'Ada') => JSON.stringify({ session: { userId }, user: { name } })

describe('values', () => {
  it('live for their ttl in seconds, and without one for decades', async () => {
    const { storage, pass } = open()
    await storage.set('short', 'a', 10)
    await storage.set('long', 'b')
    pass(9_999)
    expect(await storage.get('short')).toBe('a')
    pass(1)
    expect(await storage.get('short')).toBeNull()
    pass(40 * 365 * 86_400_000)
    expect(await storage.get('long')).toBe('b')
  })

  it('are over where they are set with no time left, also what was there before', async () => {
    const { storage } = open()
    for (const ttl of [0, -5]) {
      await storage.set('k', 'a', 10)
      await storage.set('k', 'b', ttl)
      expect(await storage.get('k')).toBeNull()
    }
    await storage.set('k', 'c', 1e12)
    expect(await storage.get('k')).toBe('c')
  })

  it('come back as they were, under keys of any form that share nothing', async () => {
    const { storage } = open()
    const keys = ['', ' ', 'a:b|/c', 'ключ', '\ud800', '\ud801', '\0', '*', "'", '__proto__', 'x'.repeat(10_000)]
    for (const [index, key] of keys.entries())
      await storage.set(key, `${key} is ${index}`.replaceAll(/[\ud800-\udfff]/g, ''), 60)
    for (const [index, key] of keys.entries()) {
      expect(await storage.get(key)).toBe(`${key} is ${index}`.replaceAll(/[\ud800-\udfff]/g, ''))
    }
    for (const value of ['', '{', 'null', '{"session":1,"user":2}', '{"session":{"userId":""},"user":null}']) {
      await storage.set('k', value, 60)
      expect(await storage.get('k')).toBe(value)
    }
  })

  it('are replaced whole by a later set, with its ttl', async () => {
    const { storage, pass } = open()
    await storage.set('k', 'a', 1_000)
    await storage.set('k', 'b', 10)
    pass(10_000)
    expect(await storage.get('k')).toBeNull()
  })

  it('may be set again after a delete, where they are no session', async () => {
    const { storage, store } = open()
    for (const key of ['verification:x', 'api-key:1', 'revoked-sessions-before-u1']) {
      await storage.set(key, 'a', 60)
      await storage.delete(key)
      expect(await storage.get(key)).toBeNull()
      expect(await storage.getAndDelete(key)).toBeNull()
      await storage.set(key, 'b', 60)
      expect(await storage.get(key)).toBe('b')
    }
    expect(await store.count()).toBe(3)
    await Promise.all([storage.delete('verification:x'), storage.delete('revoked-sessions-before-u1')])
    expect(await store.count()).toBe(1) // Better Auth uses such keys again and again: they leave no mark
  })

  it('are taken in the form that they have at the moment, where a set comes between', async () => {
    const store = memoryStore()
    let between: (() => Promise<void>) | null = null
    const storage = secondaryStorage(
      withMethods(store, {
        async load(id) {
          const session = await store.load(id)
          await between?.()
          return session
        },
      }),
    )
    await storage.set('k', 'old', 60)
    between = async () => {
      between = null
      await storage.set('k', 'new', 60)
    }
    expect(await storage.getAndDelete('k')).toBe('new')
    expect(await storage.get('k')).toBeNull()
  })
})

describe('sessions', () => {
  it('are in the list of their user as long as they live', async () => {
    const { storage, pass, now } = open()
    await storage.set('one', sessionOf('u1'), 11)
    pass(1_000) // lists are sorted by creation
    await storage.set('two', sessionOf('u1'), 20)
    await storage.set('three', sessionOf('u2'), 20)
    const listed = async () => JSON.parse((await storage.get('active-sessions-u1')) ?? '[]')
    const end = now() + 20_000
    expect(await listed()).toEqual([
      { token: 'one', expiresAt: end - 10_000 },
      { token: 'two', expiresAt: end },
    ])
    pass(10_000)
    expect(await listed()).toEqual([{ token: 'two', expiresAt: end }])
    await storage.delete('two')
    expect(await storage.get('active-sessions-u1')).toBeNull()
  })

  it('stay in that list whatever Better Auth writes to it, and nothing is stored of that', async () => {
    const { storage, store } = open()
    await storage.set('one', sessionOf('u1'), 10)
    await storage.set('active-sessions-u1', '[]', 10)
    expect(await store.count()).toBe(1)
    await storage.delete('active-sessions-u1')
    expect(await storage.get('active-sessions-u1')).toContain('"one"')
  })

  it('are changed by a set while they live, and not after they ended', async () => {
    const { storage, pass, store } = open()
    await storage.set('one', sessionOf('u1'), 10)
    await storage.set('one', sessionOf('u1', 'Grace'), 30)
    pass(20_000)
    expect(await storage.get('one')).toBe(sessionOf('u1', 'Grace'))
    await storage.delete('one')
    await storage.set('one', sessionOf('u1'), 0)
    await storage.set('one', sessionOf('u1'), 30)
    expect([await storage.get('one'), await storage.getAndDelete('one')]).toEqual([null, null])
    await storage.set('two', sessionOf('u1'), 10)
    await storage.set('two', sessionOf('u1'), 0)
    await storage.set('two', sessionOf('u1'), 10)
    expect(await storage.get('two')).toBeNull()
    pass(3_600_000)
    expect(await store.count()).toBe(0)
  })

  it('of two namespaces in one store are strangers', async () => {
    const { storage, store, now } = open()
    const other = secondaryStorage(store, { namespace: 'intranet', now })
    await storage.set('one', sessionOf('u1'), 10)
    expect(await other.get('one')).toBeNull()
    expect(await other.get('active-sessions-u1')).toBeNull()
    await other.set('one', sessionOf('u1'), 10)
    await other.delete('one')
    expect(await storage.get('one')).toBe(sessionOf('u1'))
    expect(await store.listByIdentity({ providerId: 'better-auth', externalId: 'u1' })).toHaveLength(1)
  })

  it('are dated by their sign-in in the lists of the store', async () => {
    const { storage, store } = open()
    const createdAt = new Date(Date.UTC(2029, 5, 1))
    await storage.set('one', JSON.stringify({ session: { userId: 'u1', createdAt }, user: null }), 10)
    const [summary] = await store.listByIdentity({ providerId: 'better-auth', externalId: 'u1' })
    expect(summary?.authenticatedAt).toEqual(createdAt)
  })
})

describe('counters', () => {
  it('are read and set as text', async () => {
    const { storage } = open()
    await storage.set('k', '41', 10)
    expect(await storage.increment('k', 10)).toBe(42)
    expect(await storage.get('k')).toBe('42')
    expect(await storage.getAndDelete('k')).toBe('42')
  })

  it('begin anew after a delete, with their own window', async () => {
    const { storage, pass } = open()
    await storage.increment('k', 10)
    await storage.delete('k')
    expect(await storage.increment('k', 10)).toBe(1)
    pass(10_000)
    expect(await storage.get('k')).toBeNull()
  })

  it('that are asked for at once are written together', async () => {
    const store = memoryStore()
    let writes = 0
    const storage = secondaryStorage(
      withMethods(store, {
        update(...args) {
          writes += 1
          return store.update(...args)
        },
      }),
    )
    const counts = await Promise.all(Array.from({ length: 1_000 }, () => storage.increment('k', 10)))
    expect(counts).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1))
    expect(writes).toBeLessThan(4)
  })

  it('that waited for a write which failed are written all the same', async () => {
    const store = memoryStore()
    const [began, mayFail] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let isFirst = true
    const storage = secondaryStorage(
      withMethods(store, {
        async update(...args) {
          if (!isFirst) return store.update(...args)
          isFirst = false
          began.resolve()
          await mayFail.promise
          throw new Error('the store is away')
        },
      }),
    )
    const failed = storage.increment('k', 10)
    await began.promise
    const waited = Promise.all([storage.increment('k', 10), storage.increment('k', 10)])
    mayFail.resolve()
    await expect(failed).rejects.toThrow('the store is away')
    expect(await waited).toEqual([1, 2])
  })

  it('that meet a value which is no number fail, and the next one of another key does not', async () => {
    const { storage } = open()
    await storage.set('k', 'secret text', 10)
    const failed = await Promise.allSettled([storage.increment('k', 10), storage.increment('k', 10)])
    for (const outcome of failed) {
      expect(String((outcome as PromiseRejectedResult).reason)).toBe(
        'TypeError: increment needs a key that holds a whole number',
      )
    }
    expect(await storage.increment('other', 10)).toBe(1)
    await storage.delete('k')
    expect(await storage.increment('k', 10)).toBe(1)
  })
})

describe('what is refused', () => {
  it('is an argument of the wrong type', async () => {
    const { storage } = open()
    const bad = undefined as never
    for (const call of [
      () => storage.get(bad),
      () => storage.getAndDelete(bad),
      () => storage.delete(bad),
      () => storage.set(bad, 'a'),
      () => storage.set('k', bad),
      () => storage.set('k', 'a', Number.NaN),
      () => storage.increment('k', bad),
      () => storage.increment('k', 0),
    ]) {
      await expect(call()).rejects.toThrow(TypeError)
    }
  })

  it('is every bad option, at once', () => {
    const options = { namespace: 'a b', now: 1, prefix: 'x' } as never
    expect(() => secondaryStorage(memoryStore(), options)).toThrow(
      expect.objectContaining({ code: 'SESS_CONFIG', message: expect.stringMatching(/prefix.*namespace.*now/s) }),
    )
    expect(() => secondaryStorage(undefined as never)).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
    expect(() => secondaryStorage(memoryStore(), null as never)).toThrow(
      expect.objectContaining({ code: 'SESS_CONFIG' }),
    )
  })

  it('is a store that lacks what this needs', () => {
    const store = createSessionStore({
      type: 'small',
      writes: ['put', 'replace', 'delete'],
      read: (keys) => keys.map(() => null),
      write: (operations) => operations.map(() => true),
      ping() {},
      close() {},
    })
    expect(() => secondaryStorage(store)).toThrow(expect.objectContaining({ code: 'SESS_UNSUPPORTED' }))
  })

  it('is the call while the store fails: nobody is told that nothing is there', async () => {
    const { storage, store } = open()
    await storage.set('one', sessionOf('u1'), 10)
    await store.close()
    for (const call of [storage.get('one'), storage.get('active-sessions-u1'), storage.increment('one', 5)]) {
      await expect(call).rejects.toMatchObject({ code: 'SESS_CLOSED' })
    }
  })
})

describe('what Better Auth does with the object', () => {
  it('works: each function is called without it', async () => {
    const { get, set, increment, getAndDelete, delete: remove } = open().storage
    await set('k', '1', 10)
    expect(await increment('k', 10)).toBe(2)
    expect(await get('k')).toBe('2')
    expect(await getAndDelete('k')).toBe('2')
    await remove('k')
  })
})
