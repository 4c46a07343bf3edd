import { type Duration, durationMs, type JsonObject, type SessionError, type SessionStore } from '@sess/core'
import type { Failure } from './failure.ts'

export interface HttpSessionOptions<Data extends object = JsonObject> {
  /**
   * The cookie's name. Default `'__Host-sid'`. Over plain http, where a browser refuses the prefix, it goes by the name
   * without it: `sid`.
   */
  cookie?: string
  /** Without a request for this long a session ends. Default: the store's `ttl`. */
  idle?: Duration
  /** A session ends this long after it began or was signed in, however busy it is; null for never. Default: the store's `maxLifetime`. */
  absolute?: Duration | null
  /** How often a session that is in use is written to say so; false for never. Default `'1m'`, at most half of `idle`. */
  touchEvery?: Duration | false
  /** Whether the cookie outlives the browser: its Max-Age is then the session's absolute limit. Default false. */
  persist?: boolean
  /** Where browsers find the application, e.g. `'https://app.example'`. Default: the origin of the request's URL. */
  origin?: string
  /** Other origins whose pages may send changes here. Default none. */
  trustedOrigins?: readonly string[]
  /** Whether the `X-Forwarded-Proto` and `X-Forwarded-Host` of a proxy in front are believed. Default false. */
  trustProxy?: boolean
  /** The data of a session to which nothing has been written yet. Default `{}`. */
  initial?: (request: Request) => Data
  /**
   * Hears of every request that is refused or that fails at the store. A response that it returns is sent in place of the
   * plain one.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: who only listens returns nothing
  onFailure?: (failure: Failure, request: Request) => Response | undefined | void | Promise<Response | undefined | void>
  /** Hears of a stored session that cannot be read (`SESS_CORRUPT`). The browser goes on without it. */
  onCorrupt?: (error: SessionError, request: Request) => void
  /** The store's clock, in epoch milliseconds. Default `Date.now`. */
  now?: () => number
}

/** Options as the parts of this package use them. */
export interface Settings<Data extends object> {
  readonly store: SessionStore<Data>
  readonly cookie: string
  readonly idleMs: number | undefined
  /** Undefined: as the store has it. */
  readonly absoluteMs: number | null | undefined
  readonly touchMs: number | undefined
  readonly persist: boolean
  readonly origin: string | undefined
  readonly trustedOrigins: ReadonlySet<string>
  readonly trustProxy: boolean
  readonly initial: (request: Request) => Data
  readonly onFailure: NonNullable<HttpSessionOptions<Data>['onFailure']>
  readonly onCorrupt: NonNullable<HttpSessionOptions<Data>['onCorrupt']>
  readonly now: () => number
}

const known = new Set([
  'cookie',
  'idle',
  'absolute',
  'touchEvery',
  'persist',
  'origin',
  'trustedOrigins',
  'trustProxy',
  'initial',
  'onFailure',
  'onCorrupt',
  'now',
] satisfies (keyof HttpSessionOptions)[])

/** @throws `TypeError` for an option that is unknown or cannot be */
export function settingsOf<Data extends object>(
  store: SessionStore<Data>,
  options: HttpSessionOptions<Data>,
): Settings<Data> {
  for (const key of Object.keys(options)) {
    if (!(known as ReadonlySet<string>).has(key)) throw new TypeError(`${key}: httpSessions has no such option`)
  }
  const { cookie = '__Host-sid', idle, absolute, touchEvery = '1m', origin, trustedOrigins = [] } = options
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/.test(cookie)) {
    throw new TypeError("cookie must be a name of 1 to 64 letters, digits and !#$%&'*+-.^_`|~")
  }
  const idleMs = idle === undefined ? undefined : durationMs(idle, 'idle')
  return {
    store,
    cookie,
    idleMs,
    absoluteMs: absolute === undefined || absolute === null ? absolute : durationMs(absolute, 'absolute'),
    touchMs: touchMs(touchEvery, idleMs, store),
    persist: options.persist ?? false,
    origin: origin === undefined ? undefined : originOf(origin, 'origin'),
    trustedOrigins: new Set(trustedOrigins.map((each) => originOf(each, 'trustedOrigins'))),
    trustProxy: options.trustProxy ?? false,
    initial: options.initial ?? (() => ({}) as Data),
    onFailure: options.onFailure ?? (() => {}),
    onCorrupt: options.onCorrupt ?? (() => {}),
    now: options.now ?? Date.now,
  }
}

/** Never more than half of the idle time: a session that is in use must not end between two touches. */
function touchMs(
  touchEvery: Duration | false,
  idleMs: number | undefined,
  { capabilities }: Pick<SessionStore, 'capabilities'>,
): number | undefined {
  if (touchEvery === false || !capabilities.touch) return undefined
  const given = durationMs(touchEvery, 'touchEvery')
  return idleMs === undefined ? given : Math.max(1, Math.min(given, Math.floor(idleMs / 2)))
}

function originOf(text: string, name: string): string {
  const url = URL.parse(text)
  if (
    url === null ||
    (url.protocol !== 'https:' && url.protocol !== 'http:') ||
    url.origin !== text.replace(/\/$/, '')
  ) {
    throw new TypeError(`${name} must be an origin such as 'https://app.example'`)
  }
  return url.origin
}
