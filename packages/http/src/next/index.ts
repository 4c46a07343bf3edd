import type { HttpSession, HttpSessions } from '../index.ts'

/** A route handler of Next.js that gets the session. It returns its redirects (`Response.redirect`) and does not throw them. */
export function nextRoute<Data extends object, Of extends Request = Request, Context = unknown>(
  sessions: HttpSessions<Data>,
  handler: (session: HttpSession<Data>, request: Of, context: Context) => Response | Promise<Response>,
) {
  return (request: Of, context: Context): Promise<Response> =>
    sessions.handle(request, (session) => handler(session, request, context))
}
