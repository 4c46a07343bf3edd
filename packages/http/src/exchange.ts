import { isSessionError, type Session } from '@sess/core'
import { ownOrigin, type RequestHead } from './browser-request.ts'
import { OwnCookie } from './cookies.ts'
import { type Failure, failureOf, forbidden, plainAnswer } from './failure.ts'
import type { HttpSession } from './http-session.ts'
import type { Settings } from './options.ts'
import { isFromOwnPage } from './own-pages.ts'
import { RequestSession } from './request-session.ts'
import type { SessionHeaders } from './response-headers.ts'
import { SignInStates } from './sign-in-states.ts'

/** One request and its response, for adapters of frameworks. */
export interface Exchange<Data extends object> {
  readonly session: HttpSession<Data>
  /**
   * Writes what is to be written before the response leaves. Resolves with the failure whose answer must be sent in place of
   * a response with this status; null where there is none.
   */
  finish(status: number): Promise<Failure | null>
  /** Ends it without writing: the handler has failed with this. Null where that is no error of a store. */
  abandon(error: unknown): Failure | null
  /** What the response carries; asked for at the end. */
  headers(): SessionHeaders
}

/** Begins an exchange, or says why the request is refused. */
export async function beginExchange<Data extends object>(
  settings: Settings<Data>,
  request: RequestHead,
  formToken: () => Promise<string | null>,
): Promise<Exchange<Data> | Failure> {
  const own = ownOrigin(request, settings)
  const isSecure = own.startsWith('https:')
  const cookie = new OwnCookie(settings.cookie, isSecure)
  const ids = cookie.values(request.headers.get('cookie'))
  const pages = { own, trusted: settings.trustedOrigins, ids, formToken }
  if (!(await isFromOwnPage(request, pages))) return forbidden
  let loaded: Session<Data> | null
  try {
    loaded = await loadOne(settings, ids)
  } catch (error) {
    if (isSessionError(error)) return failureOf(error)
    throw error
  }
  const states = new SignInStates(
    settings.store,
    new OwnCookie(`${settings.cookie}-sign-in`, isSecure),
    request.headers,
  )
  const session = new RequestSession(settings, states, ids, loaded)
  return {
    session,
    async finish(status) {
      const error = await session.finish()
      return error !== undefined && status < 400 ? failureOf(error) : null
    },
    abandon(error) {
      session.close()
      return isSessionError(error) ? failureOf(error) : null
    },
    headers() {
      const { cookieChange: change, isUsed } = session
      const own = change === null ? [] : [change === 'clear' ? cookie.clear() : cookie.set(change.id, change.maxAge)]
      return { setCookies: states.setCookie === undefined ? own : [...own, states.setCookie], isUsed }
    },
  }
}

/** The answer to a failure: the application's, or a plain one. */
export async function answerTo<Data extends object>(
  { onFailure }: Settings<Data>,
  failure: Failure,
  request: Request,
): Promise<Response> {
  return (await onFailure(failure, request)) ?? plainAnswer(failure)
}

/**
 * The session that the cookie names. Where it came several times, the one that lives counts; of two that live nobody knows
 * which one is the browser's own and which one was planted, so there is none.
 */
async function loadOne<Data extends object>(
  { store, touchMs }: Settings<Data>,
  ids: readonly string[],
): Promise<Session<Data> | null> {
  const options = touchMs === undefined ? {} : { touch: touchMs }
  const loaded = await Promise.all(ids.map((id) => store.load(id, options)))
  const live = loaded.filter((session) => session !== null)
  return live.length === 1 ? (live[0] ?? null) : null
}
