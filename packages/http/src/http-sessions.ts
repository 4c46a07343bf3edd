import type { JsonObject, SessionStore } from '@sess/core'
import { answerTo, beginExchange, type Exchange } from './exchange.ts'
import type { Failure } from './failure.ts'
import type { HttpSession } from './http-session.ts'
import { type HttpSessionOptions, settingsOf } from './options.ts'
import { tokenInForm } from './own-pages.ts'
import { isResponse, isSpent, withHeaders } from './response-headers.ts'

/** Sessions over Request and Response. */
export interface HttpSessions<Data extends object = JsonObject> {
  readonly store: SessionStore<Data>
  /**
   * Answers a request with its session. What the handler wrote is stored before the response leaves: where that fails, the
   * browser gets 503 and not the handler's response. A change that another site sends gets 403, and the handler is not asked.
   *
   * It rejects with what the handler throws, unless that is an error of a store or a `Response`; then nothing that it changed
   * in `data` is written.
   */
  handle(request: Request, handler: (session: HttpSession<Data>) => Response | Promise<Response>): Promise<Response>
  /** The same in steps, for the adapter of a framework. `formToken` finds the token in a form where it must be looked for. */
  begin(request: Request, formToken?: () => Promise<string | null>): Promise<Exchange<Data> | Failure>
  /** The answer to a failure. */
  answer(failure: Failure, request: Request): Promise<Response>
}

/**
 * Sessions for any server that speaks `Request` and `Response`.
 * @throws `TypeError` for an option that is unknown or cannot be
 * @example
 * ```ts
 * const sessions = httpSessions(store, { idle: '1h', absolute: '12h' })
 * const response = await sessions.handle(request, async (session) => new Response(session.identity?.username ?? 'Hello'))
 * ```
 */
export function httpSessions<Data extends object = JsonObject>(
  store: SessionStore<Data>,
  options: HttpSessionOptions<Data> = {},
): HttpSessions<Data> {
  const settings = settingsOf(store, options)
  const answer = (failure: Failure, request: Request) => answerTo(settings, failure, request)
  return {
    store,
    answer,
    begin: (request, formToken = () => tokenInForm(request)) => beginExchange(settings, request, formToken),

    async handle(request, handler) {
      const exchange = await beginExchange(settings, request, () => tokenInForm(request))
      if ('status' in exchange) return answer(exchange, request)
      const respond = (response: Response) => withHeaders(response, exchange.headers())
      let response: Response
      try {
        response = await handler(exchange.session)
        if (!isResponse(response)) throw new TypeError('the handler must return a Response')
        if (isSpent(response)) throw new TypeError(spent)
      } catch (thrown) {
        if (isResponse(thrown) && !isSpent(thrown)) response = thrown
        else {
          const failure = await exchange.abandon(thrown)
          if (failure === null) throw thrown
          return respond(await answer(failure, request))
        }
      }
      const failure = await exchange.finish(response.status)
      if (failure === null) return respond(response)
      response.body?.cancel().catch(() => {}) // nobody will read it
      return respond(await answer(failure, request))
    },
  }
}

const spent = 'the handler returned a response that cannot be sent: Response.error(), or one whose body was read before'
