import { wrapStore } from '@sess/core'
import { memoryStore } from '@sess/memory'
import { createApp } from '../src/server/app.ts'
import { listen } from '../src/server/listen.ts'
import type { AppSessionStore, SessionData } from '../src/session/session.ts'
import { Browser } from './browser.ts'

export interface AppHere extends AsyncDisposable {
  readonly origin: string
  readonly store: AppSessionStore
  readonly log: readonly string[]
  /** Moves the clock of the application and its store on. */
  pass(ms: number): void
  browser(userAgent?: string): Browser
}

export interface AppHereOptions {
  trustProxy?: boolean
  /** Methods that fail while the rest of the store works, as a server does that goes down between two calls. */
  failing?: Partial<AppSessionStore>
}

/** The application in this process, on a memory store with a clock that a test moves. */
export async function startAppHere({ trustProxy = false, failing = {} }: AppHereOptions = {}): Promise<AppHere> {
  let nowMs = Date.parse('2031-05-01T09:00:00Z')
  const now = () => nowMs
  const log: string[] = []
  const store = wrapStore(memoryStore<SessionData>({ now }), failing)
  const label = { name: 'Memory', place: 'of this process' }
  const app = createApp({ store, label, trustProxy, now, log: (line) => log.push(line) })
  const server = await listen(app.fetch, { host: '127.0.0.1', port: 0 })
  const origin = `http://localhost:${server.port}`
  return {
    origin,
    store,
    log,
    pass(ms) {
      nowMs += ms
    },
    browser: (userAgent) => new Browser(origin, userAgent),
    async [Symbol.asyncDispose]() {
      await server.close(0)
      await store.close()
    },
  }
}
