import type { SessionStore } from '@sess/core'
import type { Device, HttpSession } from '@sess/http'

/** What this application keeps in a session. */
export type SessionData = {
  /** The browser's own name for itself, shortened. */
  userAgent: string
  /** The counter on the home page. */
  count: number
}

export type AppSession = HttpSession<SessionData>
export type AppDevice = Device<SessionData>
export type AppSessionStore = SessionStore<SessionData>

/** Where a person signs in once more, the session ends that signed in first. */
export const mostDevices = 20
