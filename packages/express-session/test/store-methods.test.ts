import { isSessionError, type SessionStore } from '@sess/core'
import { type AdapterOptions, expressStore } from '@sess/express-session'
import { fastifyStore } from '@sess/express-session/fastify'
import { memoryStore } from '@sess/memory'
import session from 'express-session'
import { afterEach, describe, expect, it, vi } from 'vitest'

afterEach(() => void vi.useRealTimers())

// biome-ignore lint/suspicious/noExplicitAny: both stores take what their framework hands them
type AnyStore = any
type Make = (store: SessionStore, options?: AdapterOptions) => AnyStore
const makers: [name: string, make: Make][] = [
  ['expressStore', expressStore],
  ['fastifyStore', fastifyStore],
]
const cookie = { originalMaxAge: null, expires: null, path: '/', httpOnly: true }

describe.each(makers)('%s', (_name, make) => {
  it('stores what JSON makes of a session', async () => {
    class ObjectId {
      readonly #hex = '65a0'
      toJSON() {
        return this.#hex
      }
    }
    const when = new Date('2026-01-02T03:04:05.678Z')
    const store = make(memoryStore())
    await store.set('s', {
      cookie,
      when,
      none: undefined,
      list: [undefined, Number.NaN, new Map()],
      id: new ObjectId(),
      nested: { when, none: undefined, text: 'ü\u2028"' },
      call() {},
    })
    const { cookie: _cookie, '~sess:origin': _origin, ...data } = await store.get('s')
    expect(data).toEqual({
      when: when.toISOString(),
      list: [null, null, {}],
      id: '65a0',
      nested: { when: when.toISOString(), text: 'ü\u2028"' },
    })
    // Saved again, it is the same: JSON of JSON.
    const again = await store.get('s')
    await store.set('s', again)
    expect((await store.get('s')).nested).toEqual(again.nested)
  })

  it('keeps apart ids of any form, and what looks like one that it makes', async () => {
    const inner = memoryStore()
    const store = make(inner)
    const odd = [
      '',
      ' ',
      'ä',
      'a b',
      'a\0',
      'a\n',
      '*',
      "'",
      '\ud800',
      '\ud801',
      'x'.repeat(513),
      'x'.repeat(514),
      '../..',
    ]
    for (const sid of odd) await store.set(sid, { cookie, sid })
    expect(await inner.count()).toBe(odd.length)
    for (const sid of odd) expect((await store.get(sid)).sid).toBe(sid)
    const made: string[] = []
    const load = (id: string) => {
      made.push(id)
      return inner.load(id)
    }
    const spied = make({ ...wrapped(inner), load } as SessionStore)
    for (const sid of odd) await spied.get(sid)
    const ownForm = made.filter((id) => !odd.includes(id))
    expect(ownForm.length).toBeGreaterThan(10)
    for (const id of ownForm) expect(await store.get(id)).toBeNull()
  })

  it('a sid of the wrong type finds nothing, ends nothing, and is an error to a save', async () => {
    const store = make(memoryStore())
    expect(await store.get(undefined)).toBeNull()
    await store.destroy(undefined)
    await expect(store.set(undefined, { cookie })).rejects.toThrow(TypeError)
    await expect(store.set('s', null)).rejects.toThrow(TypeError)
  })

  it.each([undefined, null, false, 'soon', Number.NaN, new Date(Number.NaN)])(
    'a session whose cookie expires at %s lives for ttl',
    async (expires) => {
      const inner = memoryStore()
      const store = make(inner, { ttl: '5m' })
      await store.set('s', { cookie: { ...cookie, expires } })
      const left = ((await inner.load('s'))?.expiresAt.getTime() ?? 0) - Date.now()
      expect(left).toBeGreaterThan(290_000)
      expect(left).toBeLessThanOrEqual(300_000)
      expect((await store.get('s')).cookie.expires).toBeNull()
    },
  )

  it('a session without a cookie lives for ttl, and stays without', async () => {
    const store = make(memoryStore())
    await store.set('s', { user: 'ada' })
    const { user, cookie: read } = await store.get('s')
    expect([user, read]).toEqual(['ada', undefined])
    const [session] = await store.all()
    expect(session).toEqual({ user: 'ada' })
  })

  it('an expiry that is too far away is cut to the limit, or to what a store takes', async () => {
    const inner = memoryStore()
    const far = { ...cookie, expires: new Date(8.64e15), originalMaxAge: 8.64e15 }
    await make(inner).set('limited', { cookie: far })
    await make(inner, { absolute: null }).set('unlimited', { cookie: far })
    const [limited, unlimited] = [await inner.load('limited'), await inner.load('unlimited')]
    expect(limited?.expiresAt).toEqual(limited?.deadline)
    expect(unlimited?.deadline).toBeNull()
    expect(unlimited?.expiresAt.getTime()).toBeGreaterThan(Date.now() + 99 * 365 * 86_400_000)
  })

  it('a second save of one object keeps what the first has merged', async () => {
    const store = make(memoryStore())
    await store.set('s', { cookie, n: 0 })
    const [one, other] = [await store.get('s'), await store.get('s')]
    other.other = 1
    await store.set('s', other)
    one.first = 1
    await store.set('s', one)
    one.second = 1
    await store.set('s', one)
    expect(await store.get('s')).toMatchObject({ n: 0, other: 1, first: 1, second: 1 })
  })

  it('a millisecond less of originalMaxAge is no change, and a second less is one', async () => {
    const inner = memoryStore()
    const store = make(inner)
    await store.set('s', { cookie: { ...cookie, originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) } })
    const before = await inner.load('s')
    for (const [less, isChange] of [
      [1, false],
      [1_000, true],
    ] as const) {
      const read = await store.get('s')
      read.cookie.originalMaxAge -= less
      await store.set('s', read)
      expect((await inner.load('s'))?.version === before?.version).toBe(!isChange)
      expect((await store.get('s')).cookie.originalMaxAge).toBe(isChange ? 59_000 : 60_000)
    }
  })

  it('a session that is saved with a past expiry ends', async () => {
    const inner = memoryStore()
    const store = make(inner)
    await store.set('s', { cookie, n: 1 })
    const read = await store.get('s')
    read.cookie.expires = new Date(Date.now() - 1)
    await store.set('s', read)
    expect(await store.get('s')).toBeNull()
    expect(await inner.count()).toBe(0)
    await store.set('new', { cookie: { ...cookie, expires: new Date(0) } })
    expect(await inner.count()).toBe(0)
  })

  it('a set of an object that nobody has read writes over the session that is there', async () => {
    const inner = memoryStore()
    const store = make(inner)
    await store.set('s', { cookie, a: 1, b: 2 })
    await store.set('s', { cookie, b: 3 })
    const { a, b } = await store.get('s')
    expect([a, b]).toEqual([undefined, 3])
  })

  it('an object that names another sid is a new session', async () => {
    const store = make(memoryStore())
    await store.set('old', { cookie, user: 'ada' })
    const read = await store.get('old')
    await store.destroy('old')
    await store.set('new', read)
    expect((await store.get('new')).user).toBe('ada')
    expect(await store.get('old')).toBeNull()
  })

  it('a save that failed is made again by the next', async () => {
    const inner = memoryStore()
    let isDown = true
    const flaky = {
      ...wrapped(inner),
      save: (...args: Parameters<SessionStore['save']>) =>
        isDown ? Promise.reject(new Error('down')) : inner.save(...args),
    } as SessionStore
    const store = make(flaky)
    const object = { cookie, n: 1 }
    await expect(store.set('s', object)).rejects.toThrow('down')
    isDown = false
    await store.set('s', object)
    expect((await store.get('s')).n).toBe(1)
  })

  it('says who is signed in, for signing out everywhere', async () => {
    const inner = memoryStore()
    const store = make(inner, {
      identity: ({ user }) => (user === undefined ? null : { providerId: 'local', externalId: user }),
    })
    const ada = { providerId: 'local', externalId: 'ada' }
    await store.set('one', { cookie, user: 'ada' })
    await store.set('two', { cookie })
    const two = await store.get('two')
    two.user = 'ada'
    await store.set('two', two)
    const sessions = await inner.listByIdentity(ada)
    expect(sessions).toHaveLength(2)
    for (const { authenticatedAt } of sessions) expect(authenticatedAt).toBeInstanceOf(Date)
    const signedInAt = (await inner.load('two'))?.authenticatedAt
    two.page = 1
    await store.set('two', two)
    expect((await inner.load('two'))?.authenticatedAt).toEqual(signedInAt)
    expect(await inner.deleteByIdentity(ada)).toBe(2)
    two.page = 2
    await store.set('two', two)
    expect(await store.get('two')).toBeNull()
  })

  it('all is an array of sessions without their sids; length counts; clear ends all', async () => {
    const store = make(memoryStore())
    await store.set('the-first-sid', { cookie, n: 1 })
    await store.set('the-second-sid', { cookie, n: 2 })
    const all = await store.all()
    expect(all.map(({ n }: { n: number }) => n).sort()).toEqual([1, 2])
    expect(JSON.stringify(all)).not.toContain('sid')
    expect(await store.length()).toBe(2)
    await store.clear()
    expect(await store.length()).toBe(0)
    expect(await store.get('the-first-sid')).toBeNull()
  })

  it('an error comes once: to the callback where there is one, else by the promise', async () => {
    const inner = memoryStore()
    const store = make(inner)
    const disconnected = vi.fn()
    store.on('disconnect', disconnected)
    await inner.close()
    const calls: [string, unknown[]][] = [
      ['get', ['s']],
      ['set', ['s', { cookie }]],
      ['touch', ['s', { cookie }]],
      ['destroy', ['s']],
      ['update', ['s', () => {}]],
      ['all', []],
      ['length', []],
      ['clear', []],
    ]
    for (const [name, args] of calls) {
      await expect(store[name](...args), name).rejects.toMatchObject({ code: 'SESS_CLOSED' })
      const told: unknown[][] = []
      const returned = await new Promise((resolve) => {
        const result: unknown = store[name](...args, (...outcome: unknown[]) => {
          told.push(outcome)
          setImmediate(() => resolve(result))
        })
      })
      expect(returned, name).toBeUndefined()
      expect(told, name).toEqual([[expect.objectContaining({ code: 'SESS_CLOSED' })]])
    }
    // express-session calls destroy without a callback and drops what it returns: that ends no process.
    store.destroy('s')
    await new Promise(setImmediate)
    expect(disconnected).not.toHaveBeenCalled()
  })

  it.each([
    ['a BigInt', { n: 1n }],
    [
      'a cycle',
      Object.assign(
        {},
        {
          get self() {
            return [this]
          },
        },
      ),
    ],
  ])('%s in a session is an error to the callback', async (_what, data) => {
    const store = make(memoryStore())
    const cyclic: Record<string, unknown> = { ...data }
    if ('self' in cyclic) cyclic.self = cyclic
    const error = await new Promise((resolve) => store.set('s', { cookie, data: cyclic }, resolve))
    expect(error).toBeInstanceOf(TypeError)
  })

  it('a session over maxBytes is an error, and what is stored stays', async () => {
    const store = make(memoryStore({ maxBytes: 1_000 }))
    await store.set('s', { cookie, n: 1 })
    const read = await store.get('s')
    read.blob = 'x'.repeat(2_000)
    await expect(store.set('s', read)).rejects.toMatchObject({ code: 'SESS_TOO_LARGE' })
    expect((await store.get('s')).n).toBe(1)
  })

  it('refuses bad options, all at once, and a store that lacks what it needs', async () => {
    const bad = { ttl: '1 day', touchEvery: -1, merge: 1, identity: 'ada', fallback: {}, colour: 1 }
    const failure = refusal(() => make(memoryStore(), bad as unknown as AdapterOptions))
    expect(failure).toMatchObject({ code: 'SESS_CONFIG' })
    for (const name of Object.keys(bad)) expect(String(failure)).toContain(name)
    expect(refusal(() => make({} as SessionStore))).toMatchObject({ code: 'SESS_CONFIG' })
    const inner = memoryStore()
    const lacking = { ...wrapped(inner), capabilities: { ...inner.capabilities, update: false } } as SessionStore
    const refused = refusal(() => make(lacking))
    expect(isSessionError(refused, 'SESS_UNSUPPORTED')).toBe(true)
  })

  it('a listener that throws spoils no answer', async () => {
    const store = make(memoryStore())
    const thrown = new Promise((resolve) => {
      vi.spyOn(process, 'nextTick').mockImplementationOnce((task) => {
        try {
          task()
        } catch (error) {
          resolve(error)
        }
      })
    })
    store.on('gone', () => {
      throw new Error('of a listener')
    })
    await store.set('s', { cookie, n: 1 })
    const read = await store.get('s')
    await store.destroy('s')
    read.n = 2
    await store.set('s', read)
    expect(await thrown).toMatchObject({ message: 'of a listener' })
    vi.restoreAllMocks()
  })
})

it('an expressStore is a Store of express-session', () => {
  expect(expressStore(memoryStore())).toBeInstanceOf(session.Store)
})

function refusal(make: () => unknown): unknown {
  try {
    return make()
  } catch (error) {
    return error
  }
}

/** The store's methods on an object of their own, where a test replaces one. */
function wrapped(store: SessionStore): Record<string, unknown> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter((name) => name !== 'constructor')
  const methods = names.map((name) => [name, (store as unknown as Record<string, () => unknown>)[name]?.bind(store)])
  return { ...Object.fromEntries(methods), capabilities: store.capabilities, maxLifetime: store.maxLifetime }
}
