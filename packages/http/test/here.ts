import type { SessionStore } from '@sess/core'
import { type Failure, type HttpSession, type HttpSessionOptions, type HttpSessions, httpSessions } from '@sess/http'
import { memoryStore } from '@sess/memory'
import { Browser } from './browser.ts'

export const ada = { providerId: 'github', externalId: 'ada' }
export const grace = { providerId: 'github', externalId: 'grace' }
export const ok = () => new Response('ok')
export const set = (key: string, value: string) => (session: HttpSession) => {
  session.data[key] = value
  return ok()
}

/** Sessions on a memory store with a clock that a test moves, one browser, and notes of what happens. */
export class Here {
  now = 1_700_000_000_000
  /** The methods of the store that were called. */
  calls: string[] = []
  readonly failures: Failure[] = []
  readonly store: SessionStore
  readonly sessions: HttpSessions
  readonly browser: Browser

  constructor(options: HttpSessionOptions = {}, open: (now: () => number) => SessionStore = small) {
    const now = () => this.now
    this.store = open(now)
    const onFailure = (failure: Failure) => {
      this.failures.push(failure)
    }
    this.sessions = httpSessions(this.#noting(this.store), { now, onFailure, ...options })
    this.browser = new Browser(this.sessions)
  }

  /** What a page that only reads finds in the session. */
  async read(): Promise<unknown> {
    let seen: unknown
    await this.browser.send((session) => {
      seen = { data: session.data, identity: session.identity?.externalId ?? null }
      return ok()
    }, this.browser.request())
    return seen
  }

  async signIn(): Promise<Response> {
    return this.browser.send(async (session) => {
      await session.signIn(ada)
      return ok()
    })
  }

  #noting(inner: SessionStore): SessionStore {
    return new Proxy(inner, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          this.calls.push(String(name))
          return value.apply(target, args)
        }
      },
    })
  }
}

const small = (now: () => number) => memoryStore({ now, maxBytes: 2_000 })
