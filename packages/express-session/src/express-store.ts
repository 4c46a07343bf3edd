import type { SessionStore } from '@sess/core'
import type { SessionData } from 'express-session'
import session from 'express-session'
import { answer } from './answer.ts'
import { FrameworkSessions, type SessionUpdate } from './framework-sessions.ts'
import { type AdapterOptions, type StoredSession, settingsOf } from './options.ts'
import type { Origin } from './origin.ts'
import { tellOf } from './tell.ts'

type Done = (error?: unknown) => void

/**
 * A `Store` of express-session. Each method tells its outcome once: to the callback where there is one, else by the promise.
 * It emits `gone` (a save or touch came after the end of its session) and `corrupt` (what is stored can't be read), each with
 * a `SessionError`; never `disconnect`, at which express-session would serve without sessions.
 */
export class ExpressStore extends session.Store {
  readonly #sessions: FrameworkSessions
  readonly #origins = new WeakMap<object, Origin>()

  constructor(store: SessionStore, options?: AdapterOptions) {
    super()
    const carrier = {
      originOf: (object: object) => this.#origins.get(object),
      attach: (object: object, origin: Origin) => void this.#origins.set(object, origin),
    }
    this.#sessions = new FrameworkSessions(store, settingsOf(store, options), carrier, tellOf(this))
  }

  /** express-session makes another object of what `get` gave. */
  override createSession(...[request, given]: Parameters<session.Store['createSession']>) {
    const created = super.createSession(request, given)
    const origin = this.#origins.get(given)
    if (origin !== undefined) this.#origins.set(created, origin)
    return created
  }

  get(sid: string): Promise<SessionData | null>
  get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void
  get(sid: string, callback?: (error: unknown, session?: SessionData | null) => void): unknown {
    return answer(this.#sessions.get(sid) as Promise<SessionData | null>, callback)
  }

  set(sid: string, session: SessionData): Promise<void>
  set(sid: string, session: SessionData, callback?: Done): void
  set(sid: string, session: SessionData, callback?: Done): unknown {
    return answer(this.#sessions.set(sid, session), callback)
  }

  override touch(sid: string, session: SessionData): Promise<void>
  override touch(sid: string, session: SessionData, callback?: Done): void
  override touch(sid: string, session: SessionData, callback?: Done): unknown {
    return answer(this.#sessions.touch(sid, session), callback)
  }

  destroy(sid: string): Promise<void>
  destroy(sid: string, callback?: Done): void
  destroy(sid: string, callback?: Done): unknown {
    return answer(this.#sessions.destroy(sid), callback)
  }

  /**
   * Atomic read-modify-write of what is stored, for counters and the like; null where there is no session.
   * @example
   * ```ts
   * await store.update(req.sessionID, (session) => {
   *   session.views = (session.views ?? 0) + 1
   * })
   * ```
   */
  update(sid: string, change: SessionUpdate<SessionData>): Promise<SessionData | null>
  update(
    sid: string,
    change: SessionUpdate<SessionData>,
    callback: (error: unknown, session?: SessionData | null) => void,
  ): void
  update(
    sid: string,
    change: SessionUpdate<SessionData>,
    callback?: (error: unknown, session?: SessionData | null) => void,
  ): unknown {
    const updated = this.#sessions.update(sid, change as unknown as SessionUpdate<StoredSession>)
    return answer(updated as unknown as Promise<SessionData | null>, callback)
  }

  /** Every live session, without its sid. */
  override all(): Promise<SessionData[]>
  override all(callback: (error: unknown, sessions?: SessionData[] | null) => void): void
  override all(callback?: (error: unknown, sessions?: SessionData[] | null) => void): unknown {
    return answer(this.#sessions.all() as unknown as Promise<SessionData[]>, callback)
  }

  override length(): Promise<number>
  override length(callback: (error: unknown, length?: number) => void): void
  override length(callback?: (error: unknown, length?: number) => void): unknown {
    return answer(this.#sessions.length(), callback)
  }

  /** Ends every session. */
  override clear(): Promise<void>
  override clear(callback?: Done): void
  override clear(callback?: Done): unknown {
    return answer(this.#sessions.clear(), callback)
  }
}

/**
 * Any store of sess as the store of express-session.
 * @throws `SESS_CONFIG` for a bad option, `SESS_UNSUPPORTED` for a store without `create`, `touch` or `update`
 * @example
 * ```ts
 * app.use(session({ store: expressStore(redisStore({ client })), secret, resave: false, saveUninitialized: false }))
 * ```
 */
export function expressStore(store: SessionStore, options?: AdapterOptions): ExpressStore {
  return new ExpressStore(store, options)
}
