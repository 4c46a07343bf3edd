import { randomBytes } from 'node:crypto'
import type { Identity } from '@sess/core'
import type { AppContext } from '../server/app-env.ts'
import { clearSessionId, readSessionId, sendSessionId } from './cookie.ts'
import {
  type AppSession,
  type AppSessionStore,
  absoluteMs,
  idleMs,
  mostDevices,
  type SessionData,
  touchEveryMs,
} from './session.ts'

/** The session of the browser behind a request. */
export interface Sessions {
  /** The live session that the request's cookie names, or null. It never sends a cookie: a late answer would undo a sign-in. */
  current(c: AppContext): Promise<AppSession | null>
  /**
   * {@link current}, or a new anonymous session for a browser that sent no cookie. Null where the cookie names no live
   * session: the browser may have signed in elsewhere since it sent that, so the answer must not set another one. Let it ask
   * again, with the cookie that it has by then.
   */
  ensure(c: AppContext): Promise<AppSession | null>
  /** The same for a browser that asks again: it gets a new session where its cookie still names none. */
  ensureAtLast(c: AppContext): Promise<AppSession>
  /** Gives the session to `identity` under a new id; its data stays where it was anonymous or theirs. Null where it has ended. */
  signIn(c: AppContext, session: AppSession, identity: Identity): Promise<AppSession | null>
  /** Ends the session and takes the cookie back. */
  end(c: AppContext, session: AppSession): Promise<void>
}

export function createSessions(store: AppSessionStore, now: () => number): Sessions {
  async function begin(c: AppContext): Promise<AppSession> {
    const session = await store.create({ data: newData(c), ttl: idleMs, deadline: new Date(now() + absoluteMs) })
    sendSessionId(c, session.id)
    return session
  }

  /** It moves the idle limit on, unless that was done a moment ago: most requests write nothing. */
  async function current(c: AppContext): Promise<AppSession | null> {
    const id = readSessionId(c)
    return id === undefined ? null : store.load(id, { touch: touchEveryMs })
  }

  return {
    current,
    ensure: async (c) => (await current(c)) ?? (readSessionId(c) === undefined ? begin(c) : null),
    ensureAtLast: async (c) => (await current(c)) ?? begin(c),

    async signIn(c, session, identity) {
      // Another person's data is not for this one's eyes.
      const stays = session.identity === null || isSamePerson(session.identity, identity)
      const deadline = new Date(now() + absoluteMs)
      // In one step: an id that somebody may have planted never is a signed-in one.
      const signedIn = await store.rotate(session.id, { identity, deadline, ...(stays ? {} : { data: newData(c) }) })
      if (signedIn === null) return null
      // The old id is dead: whatever fails from here on, the browser has the new one.
      sendSessionId(c, signedIn.id)
      await store.deleteByIdentity(identity, { keep: mostDevices, except: signedIn.id })
      return signedIn
    },

    async end(c, session) {
      await store.delete(session.id)
      clearSessionId(c)
    },
  }
}

function newData(c: AppContext): SessionData {
  return { tag: randomBytes(16).toString('base64url'), userAgent: userAgentOf(c).slice(0, 256), count: 0 }
}

/** The browser's name for itself; empty where it gives none. */
export function userAgentOf(c: AppContext): string {
  return c.req.header('user-agent') ?? ''
}

function isSamePerson(a: Identity, b: Identity): boolean {
  return a.providerId === b.providerId && a.externalId === b.externalId
}
