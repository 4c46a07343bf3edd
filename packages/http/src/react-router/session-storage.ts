import type { Identity } from '@sess/core'
import { createSession, type Session, type SessionStorage } from 'react-router'
import type { Exchange, Failure, HttpSessions } from '../index.ts'

type Fields = Record<string, unknown>

export interface SessionStorageOptions {
  /** Who is signed in, by the session's data; where that changes, a commit signs in under a new id, or out. Default: nobody is. */
  identity?: (data: Fields) => Identity | null
  /** Whether browsers reach the application over TLS. Default true; the option `origin` of the sessions goes first. */
  secure?: boolean
}

/** What a session of React Router was read from. */
interface Origin {
  readonly cookie: string | null
  readonly exchange: Promise<Exchange<object>>
}

/**
 * A session storage of React Router, over any store. A commit writes what was changed since `getSession`, key by key, and
 * throws a `Response` (409) where the session has ended meanwhile, or (503) where the store failed.
 * @example
 * ```ts
 * const { getSession, commitSession, destroySession } = createSessionStorage(sessions, {
 *   identity: ({ userId }) => (userId ? { providerId: 'local', externalId: String(userId) } : null),
 * })
 * ```
 */
export function createSessionStorage(
  sessions: HttpSessions,
  { identity, secure = true }: SessionStorageOptions = {},
): SessionStorage {
  const origins = new WeakMap<object, Origin>()

  function read(cookie: string | null): Origin {
    const request = requestWith(cookie, secure)
    return { cookie, exchange: sessions.begin(request).then((begun) => orThrow(begun, request)) }
  }

  async function orThrow(begun: Exchange<object> | Failure, request: Request): Promise<Exchange<object>> {
    if ('status' in begun) throw await sessions.answer(begun, request)
    return begun
  }

  /** Ends the exchange; resolves with the cookie for the browser, or '' where it has the right one. */
  async function finish(session: Session, { cookie }: Origin, exchange: Exchange<object>): Promise<string> {
    const failure = await exchange.finish(200)
    if (failure !== null) throw await sessions.answer(failure, requestWith(cookie, secure))
    const [set = ''] = exchange.headers().setCookies
    // A second commit of the same session goes on from here.
    const next = set === '' ? cookie : (set.split(';')[0] ?? null)
    const from = read(next)
    from.exchange.catch(() => {}) // whoever commits again hears of it
    origins.set(session, from)
    return set
  }

  return {
    async getSession(cookie) {
      const from = read(cookie ?? null)
      const { session } = await from.exchange
      const copy = createSession(structuredClone(session.data) as Fields, session.handle ?? '')
      origins.set(copy, from)
      return copy
    },

    async commitSession(session) {
      const from = origins.get(session) ?? read(null)
      const exchange = await from.exchange
      const own = exchange.session
      const data = structuredClone(session.data) as Fields
      const who = identity === undefined ? own.identity : identity(data)
      if (who === null && own.identity !== null) await own.signOut().catch(() => {})
      if (who !== null && !isSame(who, own.identity)) await own.signIn(who, { data }).catch(() => {})
      else own.data = data
      return finish(session, from, exchange)
    },

    async destroySession(session) {
      const from = origins.get(session) ?? read(null)
      const exchange = await from.exchange
      await exchange.session.signOut().catch(() => {}) // the exchange remembers what failed
      return finish(session, from, exchange)
    },
  }
}

function requestWith(cookie: string | null, secure: boolean): Request {
  return new Request(`${secure ? 'https' : 'http'}://localhost/`, cookie === null ? {} : { headers: { cookie } })
}

function isSame(a: Identity, b: Identity | null): boolean {
  return a.providerId === b?.providerId && a.externalId === b.externalId
}
