import { type SessionStore, wrapStore } from '@sess/core'
import { httpSessions } from '@sess/http'
import { memoryStore } from '@sess/memory'
import { beforeEach, describe, expect, it } from 'vitest'
import { Browser } from './browser.ts'
import { ada, Here, ok, set } from './here.ts'

let here: Here
beforeEach(() => {
  here = new Here()
})

describe('the cookie of a dead session never overwrites a newer one', () => {
  it.each(['in flight at the sign-in', 'sent before it and read after'])('of a request %s', async (when) => {
    await here.browser.send(set('a', '1'))
    const late = here.browser.request('POST')
    const signIn = () =>
      here.browser.send(async (session) => {
        await session.signIn(ada)
        return ok()
      })
    if (when.startsWith('sent')) await signIn()
    const response = await here.browser.send(async (session) => {
      if (when.startsWith('in')) await signIn()
      session.data.a = '2'
      return ok()
    }, late)
    expect([response.status, response.headers.getSetCookie()]).toEqual([409, []])
    expect(await here.store.count()).toBe(1)
    expect(await here.read()).toEqual({ data: { a: '1' }, identity: 'ada' })
  })

  it.each(['signOut', 'nothing'] as const)('by %s', async (what) => {
    await here.browser.send(set('a', '1'))
    const late = here.browser.request('POST')
    await here.browser.send(async (session) => {
      await session.signIn(ada)
      return ok()
    })
    const response = await here.browser.send(async (session) => {
      if (what === 'signOut') await session.signOut()
      return ok()
    }, late)
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

describe('a request that was sent with the cookie of a session that has ended since', () => {
  const signOut = () =>
    here.browser.send(async (session) => {
      await session.signOut()
      return ok()
    })
  let late: () => Request
  beforeEach(async () => {
    await here.browser.send(set('a', '1'))
    const cookie = `__Host-sid=${here.browser.cookies.get('__Host-sid')}`
    late = () => here.browser.request('POST', { cookie })
  })

  it('writes after the sign-out: it is a 409, begins nothing and brings nothing back', async () => {
    await signOut()
    const response = await here.browser.send(set('a', '2'), late())
    expect([response.status, response.headers.getSetCookie(), await here.store.count()]).toEqual([409, [], 0])
  })

  it('writes while the sign-out happens: the same', async () => {
    const response = await here.browser.send(async (session) => {
      session.data.a = '2'
      await signOut()
      return ok()
    }, late())
    expect([response.status, response.headers.getSetCookie(), await here.store.count()]).toEqual([409, [], 0])
  })

  it('updates while the sign-out happens: the same, and the update rejects', async () => {
    const response = await here.browser.send(async (session) => {
      await signOut()
      await expect(session.update(({ data }) => void Object.assign(data, { a: '2' }))).rejects.toThrow('has ended')
      return ok()
    }, late())
    expect([response.status, response.headers.getSetCookie(), await here.store.count()]).toEqual([409, [], 0])
  })

  it('is not alone: of ten at once, each is a 409', async () => {
    await here.signIn()
    const responses = await Promise.all(Array.from({ length: 10 }, () => here.browser.send(set('b', '1'), late())))
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(409))
    expect(await here.store.count()).toBe(1)
  })

  it('comes while another process has the note of it out for a look: it is a 409 all the same', async () => {
    await here.signIn()
    const { store } = here
    let looked = () => {}
    const both = new Promise<void>((resolve) => {
      looked = resolve
    })
    // One process has taken the note and puts it back when the other one has looked once.
    const one = wrapStore(store, {
      putState: async (options) => {
        await both
        return store.putState(options)
      },
    })
    let looks = 0
    const two = wrapStore(store, {
      consumeState: async (state, options) => {
        const taken = await store.consumeState(state, options)
        looks += 1
        if (looks > 1) return taken
        looked()
        await first
        return taken
      },
    })
    const now = () => here.now
    const first = httpSessions(one, { now }).handle(late(), set('b', '1'))
    const second = httpSessions(two, { now }).handle(late(), set('b', '1'))
    expect([(await first).status, (await second).status]).toEqual([409, 409])
  })

  it('is let be after a minute, however often it was asked meanwhile', async () => {
    await signOut()
    for (let second = 0; second < 60; second += 20) {
      expect((await here.browser.send(set('b', '1'), late())).status).toBe(409)
      here.now += 20_000
    }
    const response = await here.browser.send(set('b', '1'), late())
    expect([response.status, response.headers.getSetCookie().length]).toEqual([200, 1])
  })

  it('signs out: it takes no cookie back', async () => {
    await here.signIn()
    const response = await here.browser.send(async (session) => {
      expect(await session.signOut()).toBe(false)
      return ok()
    }, late())
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await here.read()).toEqual({ data: { a: '1' }, identity: 'ada' })
  })
})

describe('after a sign-out in the same request', () => {
  it('a write begins a new session, whose cookie replaces the old one', async () => {
    await here.signIn()
    const response = await here.browser.send(async (session) => {
      await session.signOut()
      session.data.notice = 'You are signed out'
      return ok()
    })
    expect(response.status).toBe(200)
    expect(await here.read()).toEqual({ data: { notice: 'You are signed out' }, identity: null })
    expect(await here.store.count()).toBe(1)
  })

  it('the data that the handler still holds is frozen: a change of it would be lost', async () => {
    await here.signIn()
    await here.browser.send(async (session) => {
      const { data } = session
      await session.signOut()
      expect(() => Object.assign(data, { a: '1' })).toThrow(TypeError)
      return ok()
    })
  })
})

describe('a store without one-time states', () => {
  it('signs in and out all the same', async () => {
    const full = memoryStore()
    const without = {
      capabilities: { ...full.capabilities, states: false },
      putState: () => Promise.reject(new Error('there are none')),
    }
    const store: SessionStore = Object.assign(
      Object.create(wrapStore(full, {}), Object.getOwnPropertyDescriptors(without)),
    )
    const browser = new Browser(httpSessions(store))
    await browser.send(async (session) => {
      await session.signIn(ada)
      await session.signOut()
      return ok()
    })
    expect(await full.count()).toBe(0)
  })
})
