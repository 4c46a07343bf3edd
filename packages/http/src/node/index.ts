import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequestListener } from '@remix-run/node-fetch-server'
import type { HttpSession, HttpSessions } from '../index.ts'

/** A listener for `http.createServer`: `handler` answers with a `Response`, which leaves once the session is stored. */
export function nodeListener<Data extends object>(
  sessions: HttpSessions<Data>,
  handler: (session: HttpSession<Data>, request: Request) => Response | Promise<Response>,
  { onError }: { onError?: (error: unknown) => Response | undefined | Promise<Response | undefined> } = {},
): (req: IncomingMessage, res: ServerResponse) => void {
  const answer = (request: Request) => sessions.handle(request, (session) => handler(session, request))
  return createRequestListener(answer, onError === undefined ? {} : { onError })
}
