import type { HttpSession, HttpSessions } from '../index.ts'

/** What of SvelteKit's event is needed here. */
interface Event {
  request: Request
  locals: object
}

interface HandleInput<Of extends Event> {
  event: Of
  resolve: (event: Of) => Response | Promise<Response>
}

/** The hook `handle`: every load, action and endpoint has the session as `event.locals.session`. */
export function sveltekitHandle<Data extends object>(sessions: HttpSessions<Data>) {
  return <Of extends Event>({ event, resolve }: HandleInput<Of>): Promise<Response> =>
    sessions.handle(event.request, (session) => {
      Object.assign(event.locals, { session } satisfies { session: HttpSession<Data> })
      return resolve(event)
    })
}
