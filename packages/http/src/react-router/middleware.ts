import { createContext, type MiddlewareFunction, type RouterContext } from 'react-router'
import type { HttpSession, HttpSessions } from '../index.ts'

/** Where loaders and actions find the session: `context.get(sessionContext)`. */
export const sessionContext: RouterContext<HttpSession> = createContext<HttpSession>()

/** A middleware of React Router: every loader and action after it has the session in `sessionContext`. */
export function reactRouterMiddleware(sessions: HttpSessions): MiddlewareFunction<Response> {
  return ({ request, context }, next) =>
    sessions.handle(request, (session) => {
      context.set(sessionContext, session)
      return next()
    })
}
