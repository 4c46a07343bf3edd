import { randomBytes } from 'node:crypto'
import type { ConsumedState, JsonObject, SessionStore } from '@sess/core'
import type { OwnCookie } from './cookies.ts'
import { derive, isSameText } from './derive.ts'
import type { BeginSignInOptions } from './http-session.ts'

/** How long the browser's cookie for sign-ins lives, in seconds. */
const browserMaxAge = 3_600

type States = Pick<SessionStore, 'putState' | 'consumeState'>

/**
 * One-time states of authorization requests, bound to the browser by a cookie of their own, so that a visitor without a
 * session needs none to sign in. Several sign-ins may be under way in one browser.
 */
export class SignInStates {
  readonly #store: States
  readonly #cookie: OwnCookie
  readonly #userAgent: string
  #browser: string | undefined
  /** The `Set-Cookie` that the response must carry. */
  setCookie: string | undefined

  constructor(store: States, cookie: OwnCookie, headers: Headers) {
    this.#store = store
    this.#cookie = cookie
    this.#userAgent = headers.get('user-agent') ?? ''
    const sent = cookie.values(headers.get('cookie')).filter((value) => /^[\w-]{43}$/.test(value))
    this.#browser = sent.length === 1 ? sent[0] : undefined // of two, one may be planted
  }

  async begin({ data = {}, ttl }: BeginSignInOptions): Promise<string> {
    const browser = this.#browser ?? randomBytes(32).toString('base64url')
    const bound = { browser: derive(browser, 'sign-in'), data }
    const state = await this.#store.putState({
      userAgent: this.#userAgent,
      data: bound,
      ...(ttl === undefined ? {} : { ttl }),
    })
    this.#browser = browser
    this.setCookie = this.#cookie.set(browser, browserMaxAge)
    return state
  }

  async finish(state: unknown): Promise<ConsumedState | null> {
    if (typeof state !== 'string') return null // a query may have none, or several
    const taken = await this.#store.consumeState(state, { userAgent: this.#userAgent })
    if (taken === null || this.#browser === undefined || typeof taken.data.browser !== 'string') return null
    if (!isSameText(taken.data.browser, derive(this.#browser, 'sign-in'))) return null
    return { data: taken.data.data as JsonObject, createdAt: taken.createdAt }
  }
}
