import type { HttpSession, HttpSessions } from '../index.ts'
import { thrownAnswer } from './thrown-answer.ts'

/** A route handler of Next.js that gets the session. It may call `redirect()` and `notFound()`. */
export function nextRoute<Data extends object, Of extends Request = Request, Context = unknown>(
  sessions: HttpSessions<Data>,
  handler: (session: HttpSession<Data>, request: Of, context: Context) => Response | Promise<Response>,
) {
  return (request: Of, context: Context): Promise<Response> =>
    sessions.handle(request, async (session) => {
      try {
        return await handler(session, request, context)
      } catch (error) {
        const answer = thrownAnswer(error)
        if (answer === null) throw error
        return answer
      }
    })
}

/**
 * The session for a page, a layout or a server action, which can read and update it; to sign in or out they need a route
 * handler, as they cannot wait for the cookie. `headers` is what Next.js's `headers()` gives.
 * @throws the store's error; Next.js shows the nearest `error.js`
 */
export async function nextSession<Data extends object>(
  sessions: HttpSessions<Data>,
  headers: Pick<Headers, 'get' | 'entries'>,
): Promise<HttpSession<Data>> {
  // As Next.js makes the URL of a route handler's request: both must look for the same cookie.
  const scheme = headers.get('x-forwarded-proto')?.includes('https') ? 'https' : 'http'
  const request = new Request(`${scheme}://${headers.get('host') ?? 'localhost'}/`, { headers: [...headers.entries()] })
  const begun = await sessions.begin(request)
  if ('status' in begun) throw begun.error
  await begun.abandon(null)
  return begun.session
}
