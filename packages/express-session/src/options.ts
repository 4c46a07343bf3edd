import {
  type Duration,
  durationMs,
  type IdentityRef,
  type JsonObject,
  SessionError,
  type SessionStore,
} from '@sess/core'

/** A session as it is stored and as `identity`, `update` and `all` see it: JSON. */
export interface StoredSession {
  [key: string]: unknown
  cookie: { originalMaxAge: number | null; expires: Date | null; [attribute: string]: unknown }
}

/** An old store of these frameworks, as far as its sessions are carried over. */
export interface OldStore {
  get(sid: string, callback: (error: unknown, session?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
  clear?(callback: (error?: unknown) => void): unknown
}

export interface AdapterOptions {
  /** How long a session lives whose cookie has no expiry (it ends with the browser). Left out: `'24h'`. */
  ttl?: Duration
  /**
   * A session is touched where it was last seen longer ago than this, but never later than half of the time that it has left.
   * 0: at every request. Left out: `'1m'`.
   */
  touchEvery?: Duration
  /** The absolute limit of a new session; null: none. Left out: the store's `maxLifetime`. */
  absolute?: Duration | null
  /** Who is signed in, for `listByIdentity` and signing out everywhere. Left out: whoever the stored session says. */
  // biome-ignore lint/suspicious/noExplicitAny: applications describe their session by augmenting a type of the framework
  identity?: (session: any) => IdentityRef | null | undefined
  /** Whether parallel requests keep what each of them changed, key by key. Left out: true. False: the last one wins. */
  merge?: boolean
  /** Whether a save or a touch of an ended session fails with `SESS_GONE`, beside the event. Left out: false. */
  strict?: boolean
  /** The store that was used before: a session that is only there is carried over when it is first asked for. */
  fallback?: OldStore
  /** Now, in epoch ms, where the store has a clock of its own. Left out: `Date.now`. */
  now?: () => number
}

/** The options with every default in place and durations in ms. */
export interface Settings {
  readonly ttlMs: number
  readonly touchEveryMs: number
  readonly absoluteMs: number | null
  readonly identity: ((session: JsonObject) => IdentityRef | null | undefined) | null
  readonly merge: boolean
  readonly strict: boolean
  readonly fallback: OldStore | null
  readonly now: () => number
}

const needed = ['create', 'touch', 'update'] as const

/** @throws `SESS_CONFIG` with every problem of the options, `SESS_UNSUPPORTED` for a store that lacks what this needs */
export function settingsOf(store: SessionStore, options: AdapterOptions = {}): Settings {
  if (typeof store?.load !== 'function' || typeof store.capabilities !== 'object') {
    throw new SessionError('SESS_CONFIG', 'store: must be a SessionStore of sess, such as memoryStore()')
  }
  const problems: string[] = []
  const checks = checksOf(problems)
  if (typeof options !== 'object' || options === null) throw badOptions(['options: must be an object'])
  const { ttl, touchEvery, absolute, identity, merge, strict, fallback, now, ...unknown } = options
  for (const name of Object.keys(unknown)) problems.push(`${name.slice(0, 32)}: there is no such option`)
  const settings: Settings = {
    ttlMs: checks.duration('ttl', ttl ?? '24h'),
    touchEveryMs: touchEvery === 0 ? 0 : checks.duration('touchEvery', touchEvery ?? '1m'),
    absoluteMs:
      (absolute === undefined ? store.maxLifetime : absolute === null ? null : checks.duration('absolute', absolute)) ??
      null,
    identity: checks.method('identity', identity) ?? null,
    merge: checks.boolean('merge', merge) ?? true,
    strict: checks.boolean('strict', strict) ?? false,
    fallback: fallback ?? null,
    now: checks.method('now', now) ?? Date.now,
  }
  if (fallback !== undefined && (typeof fallback?.get !== 'function' || typeof fallback.destroy !== 'function')) {
    problems.push('fallback: must be a store of express-session or @fastify/session, with get and destroy')
  }
  if (problems.length > 0) throw badOptions(problems)
  for (const name of needed) {
    if (!store.capabilities[name]) throw new SessionError('SESS_UNSUPPORTED', `this store has no ${name}`)
  }
  return settings
}

function checksOf(problems: string[]) {
  return {
    duration(name: string, value: unknown): number {
      try {
        return durationMs(value as Duration, name)
      } catch (error) {
        problems.push((error as Error).message.replace(' ', ': '))
        return 0
      }
    },
    boolean(name: string, value: boolean | undefined): boolean | undefined {
      if (value !== undefined && typeof value !== 'boolean') problems.push(`${name}: must be true or false`)
      return value
    },
    method<F>(name: string, value: F | undefined): F | undefined {
      if (value !== undefined && typeof value !== 'function') problems.push(`${name}: must be a function`)
      return value
    },
  }
}

function badOptions(problems: readonly string[]): SessionError {
  return new SessionError('SESS_CONFIG', `Bad options:${problems.map((problem) => `\n- ${problem}`).join('')}`)
}
