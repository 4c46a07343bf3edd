import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Auth, type AuthConfig } from '@auth/core'
import type { Adapter, AdapterUser, VerificationToken } from '@auth/core/adapters'
import type { SessionStore } from '@sess/core'
import { memoryStore } from '@sess/memory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const origin = 'http://localhost'
const email = 'ada@example.com'

/** What is exported by the first snippet of the page on Auth.js. */
let withSessionsIn: (store: SessionStore, adapter: Adapter) => Adapter

const folder = join(import.meta.dirname, '../node_modules/.auth-js')
beforeAll(async () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/guide/auth-js.md'), 'utf8')
  const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(page) ?? []
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'recipe.ts')
  writeFileSync(file, code)
  withSessionsIn = (await import(/* @vite-ignore */ file)).withSessionsIn
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The users of an adapter, in memory. */
function users(): Adapter {
  const all = new Map<string, AdapterUser>()
  const tokens = new Map<string, VerificationToken>()
  return {
    createUser(user) {
      all.set(user.id, user)
      return user
    },
    getUser: (id) => all.get(id) ?? null,
    getUserByEmail: (address) => [...all.values()].find((user) => user.email === address) ?? null,
    getUserByAccount: () => null,
    linkAccount() {},
    updateUser(changed) {
      const user = { ...all.get(changed.id), ...changed } as AdapterUser
      all.set(user.id, user)
      return user
    },
    createVerificationToken(token) {
      tokens.set(token.token, token)
      return token
    },
    useVerificationToken({ token }) {
      const found = tokens.get(token) ?? null
      tokens.delete(token)
      return found
    },
  }
}

/** A browser of an application with Auth.js. */
function browser(adapter: Adapter, session: AuthConfig['session'] = {}) {
  const cookies = new Map<string, string>()
  const logged: string[] = []
  let link = ''
  const config: AuthConfig = {
    adapter,
    session: { strategy: 'database', ...session },
    secret: 'a secret of the tests',
    trustHost: true,
    basePath: '/auth',
    logger: { error: ({ name }) => void logged.push(name), warn() {}, debug() {} },
    providers: [
      {
        id: 'email',
        type: 'email',
        name: 'E-mail',
        from: 'app@example.com',
        maxAge: 600,
        options: {},
        sendVerificationRequest({ url }) {
          link = url
        },
      },
    ],
  }
  async function ask(path: string, form?: Record<string, string>) {
    const headers = new Headers({ cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') })
    const body = form === undefined ? null : new URLSearchParams(form)
    const method = form === undefined ? 'GET' : 'POST'
    const response = await Auth(new Request(new URL(path, origin), { method, headers, body }), config)
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  const csrfToken = async () => ((await (await ask('/auth/csrf')).json()) as { csrfToken: string }).csrfToken
  return {
    logged,
    cookies,
    ask,
    async signIn() {
      await ask('/auth/signin/email', { email, csrfToken: await csrfToken() })
      return ask(link)
    },
    signOut: async () => ask('/auth/signout', { csrfToken: await csrfToken() }),
    async user(): Promise<string | null> {
      const response = await ask('/auth/session')
      expect(response.status).toBe(200)
      return ((await response.json()) as { user?: { email: string } } | null)?.user?.email ?? null
    },
  }
}

async function idOfAda(adapter: Adapter): Promise<string> {
  const user = await adapter.getUserByEmail?.(email)
  return user?.id ?? ''
}

describe('the sessions of Auth.js in a store of sess, as the page says', () => {
  it('begin with a sign-in, are found by their user, and end with a sign-out', async () => {
    const store = memoryStore()
    const adapter = withSessionsIn(store, users())
    const laptop = browser(adapter)
    await laptop.signIn()
    expect(await laptop.user()).toBe(email)
    const id = await idOfAda(adapter)
    expect(await store.listByIdentity({ providerId: 'authjs', externalId: id })).toHaveLength(1)
    const copy = new Map(laptop.cookies)
    await laptop.signOut()
    for (const [name, value] of copy) laptop.cookies.set(name, value)
    expect(await laptop.user()).toBeNull()
    expect(await store.count()).toBe(0)
  })

  it('end with their user', async () => {
    const store = memoryStore()
    const adapter = withSessionsIn(store, users())
    await browser(adapter).signIn()
    const id = await idOfAda(adapter)
    await adapter.deleteUser?.(id)
    expect(await store.count()).toBe(0)
  })

  it('are not brought back by a refresh that comes after the sign-out', async () => {
    const store = memoryStore()
    const adapter = withSessionsIn(store, users())
    const laptop = browser(
      {
        ...adapter,
        async updateSession(session) {
          await adapter.deleteSession?.(session.sessionToken)
          return adapter.updateSession?.(session)
        },
      },
      { updateAge: 0 },
    )
    await laptop.signIn()
    expect(await laptop.user()).toBe(email)
    expect(await laptop.user()).toBeNull()
  })

  it('live on where they are refreshed', async () => {
    const store = memoryStore()
    const laptop = browser(withSessionsIn(store, users()), { updateAge: 0, maxAge: 600 })
    await laptop.signIn()
    const token = () => laptop.cookies.get('authjs.session-token') ?? ''
    const before = await store.load(token())
    await store.touch(token(), { ttl: 60_000 })
    expect(await laptop.user()).toBe(email)
    const after = await store.load(token())
    expect(after?.expiresAt.getTime()).toBeGreaterThanOrEqual(before?.expiresAt.getTime() ?? Number.NaN)
  })
})

describe('Auth.js itself', () => {
  it('refuses an adapter that has sessions only', async () => {
    const laptop = browser(withSessionsIn(memoryStore(), {}))
    expect((await laptop.ask('/auth/session')).status).toBe(500)
    expect(laptop.logged).toContain('MissingAdapterMethods')
  })

  it('answers 200 and nobody while the store fails', async () => {
    const store = memoryStore()
    const laptop = browser(withSessionsIn(store, users()))
    await laptop.signIn()
    await store.close()
    expect(await laptop.user()).toBeNull()
    expect(laptop.logged).toContain('SessionTokenError')
  })

  it('clears the cookie where the sign-out failed, and the session lives on', async () => {
    const adapter = withSessionsIn(memoryStore(), users())
    let fails = true
    const laptop = browser({
      ...adapter,
      async deleteSession(token) {
        if (fails) throw new Error('the store is away')
        await adapter.deleteSession?.(token)
      },
    })
    await laptop.signIn()
    const copy = new Map(laptop.cookies)
    expect((await laptop.signOut()).status).toBe(302)
    expect(laptop.cookies.has('authjs.session-token')).toBe(false)
    expect(laptop.logged).toContain('SignOutError')
    fails = false
    for (const [name, value] of copy) laptop.cookies.set(name, value)
    expect(await laptop.user()).toBe(email)
  })
})
