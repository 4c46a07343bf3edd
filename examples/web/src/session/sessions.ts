import { type Failure, type HttpSessions, httpSessions } from '@sess/http'
import { sessionFailure } from '../server/failures.ts'
import type { StoreLabel } from '../store-by-url.ts'
import type { AppSessionStore, SessionData } from './session.ts'

interface Options {
  store: AppSessionStore
  label: StoreLabel
  trustProxy: boolean
  log: (line: string) => void
  now: () => number
}

/** The session of the browser behind a request: what is not said here is as @sess/http has it. */
export function createSessions({ store, label, trustProxy, log, now }: Options): HttpSessions<SessionData> {
  return httpSessions(store, {
    cookie: '__Host-sess',
    idle: '1h',
    absolute: '24h',
    trustProxy,
    now,
    initial: (request) => ({ userAgent: (request.headers.get('user-agent') ?? '').slice(0, 256), count: 0 }),
    onFailure(failure, request) {
      if (failure.status === 503) log(`${request.method} ${new URL(request.url).pathname} failed: ${reason(failure)}`)
      return failure.status === 409 ? sendAgain(request) : sessionFailure(label, failure)
    },
  })

  /** A browser that has signed in elsewhere since it sent a form sends it again, with the cookie that it has by then; once. */
  function sendAgain({ url }: Request): Response | Promise<Response> {
    const { pathname, searchParams } = new URL(url)
    if (searchParams.has('again')) return sessionFailure(label, { status: 409 })
    return new Response(null, { status: 307, headers: { location: `${pathname}?again` } })
  }
}

/** For the log: an error's code and words hold no id and no data. */
function reason({ error }: Failure): string {
  return `${error?.code} ${error?.message}`
}
