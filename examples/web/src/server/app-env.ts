import type { Context } from 'hono'
import type { StoreLabel } from '../store-by-url.ts'

/** What the first middleware finds out for all that follow. */
export interface AppEnv {
  Variables: {
    /** True where the browser's connection is TLS. */
    secure: boolean
    storeLabel: StoreLabel
    /** The fields of the form that the request brings. */
    form: Readonly<Record<string, unknown>>
  }
}

export type AppContext = Context<AppEnv>
