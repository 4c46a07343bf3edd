import type { Context } from 'hono'
import type { AppSession } from '../session/session.ts'
import type { StoreLabel } from '../store-by-url.ts'

/** What the first middleware finds out for all that follow. */
export interface AppEnv {
  Variables: {
    storeLabel: StoreLabel
    /** The fields of the form that the request brings. */
    form: Readonly<Record<string, unknown>>
    /** The session of the browser behind the request. */
    session: AppSession
  }
}

export type AppContext = Context<AppEnv>
