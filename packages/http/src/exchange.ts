import { isSessionError, type SessionError } from '@sess/core'
import { OwnCookie } from './cookies.ts'
import { type Failure, failureOf, forbidden, plainAnswer } from './failure.ts'
import type { HttpSession } from './http-session.ts'
import { type LoadedSession, loadSession } from './load-session.ts'
import type { Settings } from './options.ts'
import { ownOrigin } from './own-origin.ts'
import { isFromOwnPage } from './own-pages.ts'
import { RequestSession } from './request-session.ts'
import { isSpent, type SessionHeaders } from './response-headers.ts'
import { SignInStates } from './sign-in-states.ts'
import { StoredSession } from './stored-session.ts'

/** One request and its response, for adapters of frameworks. */
export interface Exchange<Data extends object> {
  readonly session: HttpSession<Data>
  /**
   * Writes what is to be written before the response leaves; with a status of 500 or more, as after an error, not the changes
   * in `data`. Resolves with the failure whose answer must be sent in place of
   * a response with this status; null where there is none.
   */
  finish(status: number): Promise<Failure | null>
  /** Ends it without writing the data: the handler has failed with this. Null where that is no error of a store. */
  abandon(error: unknown): Promise<Failure | null>
  /** What the response carries; asked for at the end. */
  headers(): SessionHeaders
}

/** Begins an exchange, or says why the request is refused. */
export async function beginExchange<Data extends object>(
  settings: Settings<Data>,
  request: Request,
  formToken: () => Promise<string | null>,
): Promise<Exchange<Data> | Failure> {
  const own = ownOrigin(request, settings)
  const isSecure = own.startsWith('https:')
  const cookie = new OwnCookie(settings.cookie, isSecure)
  const ids = cookie.values(request.headers.get('cookie'))
  const pages = { own, trusted: settings.trustedOrigins, ids, formToken }
  if (!(await isFromOwnPage(request, pages))) return forbidden
  let loaded: LoadedSession<Data>
  try {
    loaded = await loadSession(settings, ids, request)
  } catch (error) {
    if (isSessionError(error)) return failureOf(error)
    throw error
  }
  const { store } = settings
  const states = new SignInStates(store, new OwnCookie(`${settings.cookie}-sign-in`, isSecure), request.headers)
  const session = new RequestSession(store, new StoredSession(settings, request, ids, loaded), states)
  /** The handler's own answer stays, and whoever listens hears of the failure all the same. */
  const tell = async (error: SessionError | undefined) => {
    if (error !== undefined) await settings.onFailure(failureOf(error), request)
    return null
  }
  return {
    session,
    async finish(status) {
      // Many frameworks answer what a handler throws, and show nothing of it but this.
      const error = status < 500 ? await session.finish() : await session.abandon()
      return error !== undefined && status < 400 ? failureOf(error) : tell(error)
    },
    async abandon(error) {
      const failed = await session.abandon()
      return isSessionError(error) ? failureOf(error) : tell(failed)
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
  const own = await onFailure(failure, request)
  // One that an earlier failure was answered with is no answer to this one.
  return own && !isSpent(own) ? own : plainAnswer(failure)
}
