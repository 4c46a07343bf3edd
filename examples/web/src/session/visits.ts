import { randomBytes } from 'node:crypto'
import type { Identity } from '@sess/core'
import type { AppContext } from '../server/app-env.ts'
import { clearSessionId, readSessionId, sendSessionId } from './cookie.ts'
import { absoluteMs, idleMs, touchEveryMs, type Visit, type VisitStore } from './visit.ts'

/** The session of the browser behind a request. */
export interface Visits {
  /** The live session that the request's cookie names, or null. It never sends a cookie: a late answer would undo a sign-in. */
  current(c: AppContext): Promise<Visit | null>
  /** {@link current}, or else a new anonymous session under an id of the store's own; an unknown id is never adopted. */
  ensure(c: AppContext): Promise<Visit>
  /** Gives the session to `identity` under a new id, with its data where it was anonymous or theirs. Null where it has ended. */
  signIn(c: AppContext, visit: Visit, identity: Identity): Promise<Visit | null>
  /** Ends the session and takes the cookie back. */
  end(c: AppContext, visit: Visit): Promise<void>
}

export function createVisits(store: VisitStore, now: () => number): Visits {
  async function begin(c: AppContext, identity: Identity | null): Promise<Visit> {
    const visit = await store.create({
      identity,
      data: { tag: randomBytes(16).toString('base64url'), userAgent: userAgentOf(c).slice(0, 256), count: 0 },
      ttl: idleMs,
      deadline: new Date(now() + absoluteMs),
    })
    sendSessionId(c, visit.id)
    return visit
  }

  /** Moves the idle limit on, unless that was done a moment ago: most requests write nothing. */
  async function keepAlive(visit: Visit): Promise<Visit | null> {
    const target = Math.min(now() + idleMs, visit.deadline?.getTime() ?? Number.POSITIVE_INFINITY)
    if (target - visit.expiresAt.getTime() < touchEveryMs) return visit
    const expiresAt = await store.touch(visit.id, { ttl: idleMs })
    return expiresAt && { ...visit, expiresAt }
  }

  async function current(c: AppContext): Promise<Visit | null> {
    const id = readSessionId(c)
    if (id === undefined) return null
    const visit = await store.load(id)
    return visit && keepAlive(visit)
  }

  return {
    current,
    ensure: async (c) => (await current(c)) ?? (await begin(c, null)),

    async signIn(c, visit, identity) {
      // Another person's data is not for this one's eyes: they get a session of their own.
      if (visit.identity !== null && !isSamePerson(visit.identity, identity)) {
        await store.delete(visit.id)
        return begin(c, identity)
      }
      // First the new id, then the identity: an id that somebody may have planted never is a signed-in one.
      const moved = await store.rotate(visit.id)
      const signedIn = moved && (await store.update(moved.id, (session) => ({ ...session, identity })))
      if (signedIn) sendSessionId(c, signedIn.id)
      return signedIn
    },

    async end(c, visit) {
      await store.delete(visit.id)
      clearSessionId(c)
    },
  }
}

/** The browser's name for itself; empty where it gives none. */
export function userAgentOf(c: AppContext): string {
  return c.req.header('user-agent') ?? ''
}

function isSamePerson(a: Identity, b: Identity): boolean {
  return a.providerId === b.providerId && a.externalId === b.externalId
}
