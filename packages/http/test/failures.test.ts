import { isSessionError, type SessionError, type SessionStore, wrapStore } from '@sess/core'
import type { HttpSession } from '@sess/http'
import { memoryStore } from '@sess/memory'
import { beforeEach, describe, expect, it } from 'vitest'
import { ada, grace, Here, ok, set } from './here.ts'

let here: Here
beforeEach(() => {
  here = new Here()
})

/** A promise, and what resolves it. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

describe('the head of a response', () => {
  it('with a streamed body leaves only after the save', async () => {
    const [saving, allowed] = [gate(), gate()]
    const store = memoryStore({ now: () => here.now })
    const slow = wrapStore(store, {
      create: async (input) => {
        saving.open()
        await allowed.opened
        return store.create(input)
      },
    })
    here = new Here({}, () => slow)
    let hasLeft = false
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('first'))
        await allowed.opened
        controller.close()
      },
    })
    const leaving = here.browser
      .send((session) => {
        session.data.a = '1'
        return new Response(body)
      })
      .then((response) => {
        hasLeft = true
        return response
      })
    await saving.opened
    await new Promise(setImmediate)
    expect(hasLeft).toBe(false)
    allowed.open()
    const response = await leaving
    expect([response.headers.getSetCookie().length, await response.text()]).toEqual([1, 'first'])
  })

  it('does not leave after a failed save, and nobody goes on to write the body', async () => {
    let reason: unknown
    const body = new ReadableStream({
      cancel(why) {
        reason = why ?? 'cancelled'
      },
    })
    const response = await here.browser.send((session) => {
      session.data.a = 'x'.repeat(3_000)
      return new Response(body)
    })
    expect([response.status, response.headers.getSetCookie(), reason]).toEqual([503, [], 'cancelled'])
  })

  it('of 304 stays one', async () => {
    await here.browser.send(set('a', '1'))
    const response = await here.browser.send(
      (session) => new Response(null, { status: 304, headers: { etag: `"${session.data.a}"` } }),
      here.browser.request(),
    )
    expect([response.status, response.body, response.headers.get('vary')]).toEqual([304, null, 'Cookie'])
  })
})

describe('a write that fails', () => {
  it('leaves an answer that says so as it is, and is told all the same', async () => {
    const response = await here.browser.send((session) => {
      session.data.a = 'x'.repeat(3_000)
      return new Response('no', { status: 422 })
    })
    expect([response.status, await response.text()]).toEqual([422, 'no'])
    expect(here.failures.map(({ status }) => status)).toEqual([503])
  })

  it('is told also where the handler throws an error of its own', async () => {
    const failing = here.browser.send(async (session) => {
      await session.update(({ data }) => void Object.assign(data, { a: 'x'.repeat(3_000) })).catch(() => {})
      throw new Error('mine')
    })
    await expect(failing).rejects.toThrow('mine')
    expect(here.failures.map(({ status }) => status)).toEqual([503])
  })

  it('because of what cannot be stored says where it is, in a new session too', async () => {
    const response = await here.browser.send(async (session) => {
      Object.assign(session.data, { when: () => 1 })
      await session.update(() => {}).catch(() => {})
      return ok()
    })
    expect(response.status).toBe(503)
    const [failure] = here.failures
    expect(isSessionError(failure?.error, 'SESS_NOT_SERIALIZABLE')).toBe(true)
    expect(failure?.error?.message).toContain('data.when')
    expect(await response.text()).not.toContain('when')
  })

  it('at a load is a 503 for each method, and no cookie is touched', async () => {
    await here.browser.send(set('a', '1'))
    await here.store.close()
    for (const method of ['GET', 'HEAD', 'POST']) {
      const response = await here.browser.send(() => ok(), here.browser.request(method))
      expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    }
  })

  it('after a sign-in is a 503 with the new cookie: the old id is dead', async () => {
    const response = await here.browser.send(async (session) => {
      await session.signIn(ada)
      session.data.a = 'x'.repeat(3_000)
      return ok()
    })
    expect(response.status).toBe(503)
    expect(await here.read()).toEqual({ data: {}, identity: 'ada' })
  })
})

describe('what the handler does not wait for', () => {
  it('and which throws makes the request fail, when everything else has been written', async () => {
    let held: HttpSession | undefined
    const failing = here.browser.send((session) => {
      held = session
      void session.update(() => {
        throw new Error('mine')
      })
      void session.update(({ data }) => void Object.assign(data, { b: 1 }))
      return ok()
    })
    await expect(failing).rejects.toThrow('mine')
    expect(await here.store.count()).toBe(1)
    await expect(held?.signIn(ada)).rejects.toThrow(TypeError)
  })

  it('is finished before the answer to an error leaves, so a sign-in has its cookie', async () => {
    const exchange = await here.sessions.begin(here.browser.request('POST'))
    if ('status' in exchange) throw new Error('refused')
    void exchange.session.signIn(ada)
    expect(await exchange.abandon(new Error('mine'))).toBe(null)
    expect(exchange.headers().setCookies).toHaveLength(1)
  })

  it('and which changes the data afterwards is written too', async () => {
    await here.browser.send((session) => {
      void session
        .update(({ data }) => void Object.assign(data, { a: 1 }))
        .then(() => {
          session.data.b = 2
        })
      return ok()
    })
    expect(await here.read()).toEqual({ data: { a: 1, b: 2 }, identity: null })
  })
})

describe('data', () => {
  it('that changes while an update is under way keeps the change', async () => {
    await here.browser.send(set('a', '1'))
    const [begun, allowed] = [gate(), gate()]
    await here.browser.send(async (session) => {
      session.data.before = 'x'
      const updating = session.update(async ({ data }) => {
        begun.open()
        await allowed.opened
        data.n = 1
      })
      await begun.opened
      session.data.meanwhile = 'y'
      delete session.data.a
      allowed.open()
      await updating
      return ok()
    })
    expect(await here.read()).toEqual({ data: { before: 'x', meanwhile: 'y', n: 1 }, identity: null })
  })

  it('is changed by an update that is async in another realm', async () => {
    const { runInNewContext } = await import('node:vm')
    await here.browser.send(set('a', '1'))
    await here.browser.send(async (session) => {
      await session.update(runInNewContext('async () => ({ data: { other: 1 } })'))
      return ok()
    })
    expect(await here.read()).toEqual({ data: { other: 1 }, identity: null })
  })

  it('can be no null', async () => {
    await here.browser.send((session) => {
      expect(() => Object.assign(session, { data: null })).toThrow(TypeError)
      return ok()
    })
  })

  it('begins as `initial` makes it from the request, for the next person on the browser too', async () => {
    here = new Here({ initial: (request) => ({ agent: request.headers.get('user-agent') }) })
    const signIn = (who: typeof ada) =>
      here.browser.send(
        async (session) => {
          await session.signIn(who)
          if (who === ada) session.data.secret = 'of ada'
          return ok()
        },
        here.browser.request('POST', { 'user-agent': 'Firefox' }),
      )
    await signIn(ada)
    expect(await here.read()).toEqual({ data: { agent: 'Firefox', secret: 'of ada' }, identity: 'ada' })
    await signIn(grace)
    expect(await here.read()).toEqual({ data: { agent: 'Firefox' }, identity: 'grace' })
  })
})

describe('a stored session that cannot be read', () => {
  let isBroken: boolean
  let corrupt: SessionError[]
  beforeEach(async () => {
    isBroken = false
    corrupt = []
    const data = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => (isBroken ? { issues: [{ message: 'of an older form' }] } : { value }),
      },
    }
    const open = (now: () => number) => memoryStore({ now, data: data as never }) as SessionStore
    here = new Here({ onCorrupt: (error) => corrupt.push(error) }, open)
    await here.browser.send(set('a', '1'))
    isBroken = true
  })

  it('is none for the browser, which goes on without it, and the application hears of it', async () => {
    const response = await here.browser.send((session) => Response.json(session.data), here.browser.request())
    expect([response.status, await response.json()]).toEqual([200, {}])
    expect(corrupt.map(({ code }) => code)).toEqual(['SESS_CORRUPT'])
    isBroken = false
    expect(await here.read()).toEqual({ data: { a: '1' }, identity: null }) // nothing was deleted
  })

  it.each(['signIn', 'signOut'])('ends at a %s, so that it never comes back', async (how) => {
    const old = here.browser.cookies.get('__Host-sid') as string
    const response = await here.browser.send(async (session) => {
      isBroken = false
      if (how === 'signIn') await session.signIn(ada)
      else expect(await session.signOut()).toBe(true)
      return ok()
    })
    expect(response.headers.getSetCookie()[0]).toMatch(how === 'signIn' ? /^__Host-sid=[\w-]{43};/ : /Max-Age=0/)
    expect(await here.store.exists(old)).toBe(false)
  })

  it('is replaced by the first write', async () => {
    const response = await here.browser.send((session) => {
      isBroken = false
      session.data.b = '2'
      return ok()
    })
    expect([response.status, response.headers.getSetCookie().length]).toEqual([200, 1])
    expect(await here.read()).toEqual({ data: { b: '2' }, identity: null })
  })
})

describe('a session in use', () => {
  it('does not end between two touches where the idle time of the store is shorter than them', async () => {
    here = new Here({}, (now) => memoryStore({ now, ttl: '30s' }))
    await here.browser.send(set('a', '1'))
    for (let n = 0; n < 10; n += 1) {
      here.now += 20_000
      expect(await here.read()).toMatchObject({ data: { a: '1' } })
    }
  })

  it('does not end between two touches where a sign-in gave it a short idle time', async () => {
    here = new Here({ idle: '1h' })
    await here.browser.send(async (session) => {
      await session.signIn(ada, { idle: '40s' })
      return ok()
    })
    for (let n = 0; n < 10; n += 1) {
      here.now += 25_000
      expect(await here.read()).toMatchObject({ identity: 'ada' })
    }
    here.now += 40_000
    expect(await here.store.count()).toBe(0)
  })

  it('without an absolute limit outlives the closed browser for as long as browsers allow', async () => {
    here = new Here({ persist: true, absolute: null, idle: '1h' })
    const response = await here.browser.send(set('a', '1'))
    expect(response.headers.getSetCookie()[0]).toContain(`Max-Age=${400 * 86_400};`)
  })

  it('with one has its cookie until then', async () => {
    here = new Here({ persist: true, absolute: '2h', idle: '1h' })
    const response = await here.browser.send(set('a', '1'))
    expect(response.headers.getSetCookie()[0]).toContain('Max-Age=7200;')
  })
})

describe('the devices of a person', () => {
  it('are at most as many as signOutOthers keeps, and this one always stays', async () => {
    for (let n = 0; n < 5; n += 1) {
      await here.store.create({ identity: ada })
      here.now += 1
    }
    await here.browser.send(async (session) => {
      await session.signIn(ada)
      expect(await session.signOutOthers({ keep: 3 })).toBe(3)
      expect((await session.devices()).map(({ isThis }) => isThis)).toEqual([false, false, true])
      return ok()
    })
  })
})
