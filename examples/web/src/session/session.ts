import type { Session, SessionStore, SessionSummary } from '@sess/core'

/** What this application keeps in a session. */
export type SessionData = {
  /** Names the session across rotations: the browser that began a sign-in. No secret. */
  tag: string
  /** The browser's own name for itself, shortened. */
  userAgent: string
  /** The counter on the home page. */
  count: number
}

export type AppSession = Session<SessionData>
export type AppSessionSummary = SessionSummary<SessionData>
export type AppSessionStore = SessionStore<SessionData>

/** Without a request for this long, a session ends. */
export const idleMs = 3_600_000
/** A session ends after this long, however busy it is. */
export const absoluteMs = 86_400_000
/** A busy session is written at most this often to say that it is still in use. */
export const touchEveryMs = 60_000
/** Where a person signs in once more, the session ends that signed in first. */
export const mostDevices = 20
