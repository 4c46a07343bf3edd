import { EventEmitter } from 'node:events'
import type { SessionStore as FastifySessionStore } from '@fastify/session'
import type { SessionStore } from '@sess/core'
import { answer } from '../answer.ts'
import { FrameworkSessions, type SessionUpdate } from '../framework-sessions.ts'
import { type AdapterOptions, type StoredSession, settingsOf } from '../options.ts'
import { Origin } from '../origin.ts'
import { tellOf } from '../tell.ts'

type FastifySession = Parameters<FastifySessionStore['set']>[1]
type Done = (error?: unknown) => void

/** @fastify/session copies a session with `for...in`, so its origin is an enumerable key. JSON does not see it. */
const originKey = '~sess:origin'

const carrier = {
  originOf(session: object): Origin | undefined {
    const origin = (session as { [originKey]?: unknown })[originKey]
    return origin instanceof Origin ? origin : undefined
  },
  attach(session: object, origin: Origin): void {
    ;(session as { [originKey]?: unknown })[originKey] = origin
  },
}

/**
 * A store of @fastify/session. Each method tells its outcome once: to the callback where there is one, else by the promise.
 * It emits `gone` (a save came after the end of its session) and `corrupt` (what is stored can't be read), each with a
 * `SessionError`.
 */
export class FastifyStore extends EventEmitter {
  readonly #sessions: FrameworkSessions

  constructor(store: SessionStore, options?: AdapterOptions) {
    super()
    this.#sessions = new FrameworkSessions(store, settingsOf(store, options), carrier, tellOf(this))
  }

  get(sid: string): Promise<FastifySession | null>
  get(sid: string, callback: (error: unknown, session?: FastifySession | null) => void): void
  get(sid: string, callback?: (error: unknown, session?: FastifySession | null) => void): unknown {
    return answer(this.#sessions.get(sid) as unknown as Promise<FastifySession | null>, callback)
  }

  set(sid: string, session: FastifySession): Promise<void>
  set(sid: string, session: FastifySession, callback?: Done): void
  set(sid: string, session: FastifySession, callback?: Done): unknown {
    return answer(this.#sessions.set(sid, session), callback)
  }

  touch(sid: string, session: FastifySession): Promise<void>
  touch(sid: string, session: FastifySession, callback?: Done): void
  touch(sid: string, session: FastifySession, callback?: Done): unknown {
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
   * await store.update(request.session.sessionId, (session) => {
   *   session.views = (session.views ?? 0) + 1
   * })
   * ```
   */
  update(sid: string, change: SessionUpdate<FastifySession>): Promise<FastifySession | null>
  update(
    sid: string,
    change: SessionUpdate<FastifySession>,
    callback: (error: unknown, session?: FastifySession | null) => void,
  ): void
  update(
    sid: string,
    change: SessionUpdate<FastifySession>,
    callback?: (error: unknown, session?: FastifySession | null) => void,
  ): unknown {
    const updated = this.#sessions.update(sid, change as unknown as SessionUpdate<StoredSession>)
    return answer(updated as unknown as Promise<FastifySession | null>, callback)
  }

  /** Every live session, without its id. */
  all(): Promise<FastifySession[]>
  all(callback: (error: unknown, sessions?: FastifySession[]) => void): void
  all(callback?: (error: unknown, sessions?: FastifySession[]) => void): unknown {
    return answer(this.#sessions.all() as unknown as Promise<FastifySession[]>, callback)
  }

  length(): Promise<number>
  length(callback: (error: unknown, length?: number) => void): void
  length(callback?: (error: unknown, length?: number) => void): unknown {
    return answer(this.#sessions.length(), callback)
  }

  /** Ends every session. */
  clear(): Promise<void>
  clear(callback?: Done): void
  clear(callback?: Done): unknown {
    return answer(this.#sessions.clear(), callback)
  }
}

/**
 * Any store of sess as the store of @fastify/session.
 * @throws `SESS_CONFIG` for a bad option, `SESS_UNSUPPORTED` for a store without `create`, `touch` or `update`
 * @example
 * ```ts
 * await app.register(fastifySession, { store: fastifyStore(redisStore({ client })), secret })
 * ```
 */
export function fastifyStore(store: SessionStore, options?: AdapterOptions): FastifyStore {
  return new FastifyStore(store, options)
}
