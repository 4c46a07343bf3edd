import { type BetterAuthStorage, secondaryStorage } from '@sess/better-auth'
import { memoryStore } from '@sess/memory'
import { describe, expect, it } from 'vitest'
import { type Browser, newest, startApplication } from './application.ts'

type Storage = Omit<BetterAuthStorage, 'get'> & { get(key: string): Promise<string | null> }

/** A secondary storage as most are: each operation is atomic, and none knows what a value means. */
function plainStorage(): Storage {
  const values = new Map<string, string>()
  const get = async (key: string) => values.get(key) ?? null
  const remove = async (key: string) => void values.delete(key)
  return {
    get,
    delete: remove,
    set: async (key, value) => void values.set(key, value),
    async getAndDelete(key) {
      const value = values.get(key) ?? null
      values.delete(key)
      return value
    },
    async increment(key) {
      const count = Number(values.get(key) ?? 0) + 1
      values.set(key, String(count))
      return count
    },
  }
}

/** Holds what comes through it until it is opened. */
function gate() {
  const { promise, resolve: open } = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  return {
    open,
    reached: reached.promise,
    through: () => {
      reached.resolve()
      return promise
    },
  }
}

/** Three sign-ins that have all read the index before one of them writes it; then the first revokes the others. */
async function threeSignIns(storage: Storage) {
  let readers = 0
  const all = gate()
  let isOn = false
  const app = startApplication(newest, {
    ...storage,
    async get(key) {
      const value = await storage.get(key)
      if (isOn && key.startsWith('active-sessions-')) {
        readers += 1
        if (readers === 3) all.open()
        await all.through()
      }
      return value
    },
  })
  await app.browser().signUp()
  const browsers = [app.browser(), app.browser(), app.browser()] as const
  isOn = true
  await Promise.all(browsers.map((browser) => browser.signIn()))
  isOn = false
  const [first, ...others] = browsers
  const listed = await first.listed()
  const isListed = browsers.map(({ token }) => listed.includes(token))
  await first.ask('/revoke-other-sessions', {})
  return { listed: isListed.filter(Boolean).length, signedIn: (await signedIn(others)).length }
}

async function signedIn(browsers: readonly Browser[]): Promise<string[]> {
  const users = await Promise.all(browsers.map((browser) => browser.user()))
  return users.filter((user) => user !== null)
}

/** A refresh that has read the session before the user signs out elsewhere, and writes it afterwards. */
async function lateRefresh(storage: Storage): Promise<string | null> {
  const late = gate()
  let isOn = false
  const laptop = startApplication(
    newest,
    {
      ...storage,
      async set(key, value, ttl) {
        if (isOn && key === browser.token) await late.through()
        await storage.set(key, value, ttl)
      },
    },
    { session: { updateAge: 0 } },
  )
  const browser = laptop.browser()
  await browser.signUp()
  const { cookies } = browser
  isOn = true
  const refresh = browser.user()
  await late.reached
  isOn = false
  const elsewhere = laptop.browser(cookies)
  await elsewhere.ask('/sign-out', {})
  late.open()
  await refresh
  return laptop.browser(cookies).user()
}

describe('where sign-ins are parallel', () => {
  it('a plain storage loses sessions from the index, and they outlive the revocation of all others', async () => {
    const { listed, signedIn } = await threeSignIns(plainStorage())
    expect(listed).toBe(1)
    expect(signedIn).toBeGreaterThanOrEqual(1) // which one is listed is chance
  })

  it('a store of sess loses none', async () => {
    expect(await threeSignIns(secondaryStorage(memoryStore()))).toEqual({ listed: 3, signedIn: 0 })
  })
})

describe('where a session is refreshed while its user signs out', () => {
  it('a plain storage signs the user in again', async () => {
    expect(await lateRefresh(plainStorage())).toBe('ada@example.com')
  })

  it('a store of sess leaves the user signed out', async () => {
    expect(await lateRefresh(secondaryStorage(memoryStore()))).toBeNull()
  })
})

describe('where the store fails', () => {
  it('Better Auth says so when it is asked for the session, and answers 401 where a page needs one', async () => {
    const store = memoryStore()
    const app = startApplication(newest, secondaryStorage(store))
    const laptop = app.browser()
    await laptop.signUp()
    await store.close()
    expect((await laptop.ask('/get-session')).status).toBe(500)
    expect((await laptop.ask('/list-sessions')).status).toBe(401)
  })
})
