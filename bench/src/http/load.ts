// A process that is many browsers.

import { Connection } from './connection.ts'
import type { LoadCalls, LoadMeasurement, Scenario } from './messages.ts'
import { answerCalls } from './process.ts'
import type { HttpRole } from './stores.ts'

/** A signed-in browser, which knows what its session must hold. */
interface Browser {
  cookie: string
  counter: number
}

interface Site {
  port: number
  browsers: Browser[]
}

const sites = new Map<HttpRole, Site>()
/** How many sign in at once. */
const signingIn = 16

/** Asks for a browser, and refuses an answer that is not true: each request follows the one before of the same session. */
async function ask(connection: Connection, browser: Browser, scenario: Scenario): Promise<void> {
  const { status, body } = await connection.ask(`/${scenario}`, browser.cookie)
  const counter = browser.counter + (scenario === 'change' ? 1 : 0)
  if (status !== 200 || body !== String(counter)) {
    throw new Error(`${scenario}: ${status} ${body.slice(0, 80)} was answered, and 200 ${counter} is true`)
  }
  browser.counter = counter
}

/** The 99 of a hundred that took least took at most this long; likewise for others. */
function percentile(ascending: readonly number[], part: number): number {
  return ascending[Math.ceil(ascending.length * part) - 1] ?? Number.NaN
}

answerCalls<LoadCalls>({
  async signIn({ role, port, sessions }) {
    const browsers: Browser[] = []
    await Promise.all(
      Array.from({ length: Math.min(signingIn, sessions) }, async () => {
        await using connection = await Connection.open(port)
        for (let left = sessions - browsers.length; left > 0; left = sessions - browsers.length) {
          const browser = { cookie: '', counter: 0 }
          browsers.push(browser)
          const { status, cookie } = await connection.ask('/sign-in')
          if (status !== 200 || cookie === null) throw new Error(`the sign-in was answered with ${status}`)
          browser.cookie = cookie
        }
      }),
    )
    sites.set(role, { port, browsers })
  },

  async measure({ role, scenario, connections: count, seconds }): Promise<LoadMeasurement> {
    const { port, browsers } = sites.get(role) as Site
    if (browsers.length < count) throw new Error(`${count} connections, but ${browsers.length} sessions`)
    await using connections = new AsyncDisposableStack()
    const opened = await Promise.all(Array.from({ length: count }, () => Connection.open(port)))
    for (const connection of opened) connections.use(connection)
    const times: number[] = []
    const began = performance.now()
    const end = began + seconds * 1_000
    await Promise.all(
      opened.map(async (connection, first) => {
        // No two connections have a browser in common, so that a counter has one that counts.
        for (let turn = first, now = performance.now(); now < end; turn += count) {
          await ask(connection, browsers[turn % (browsers.length - (browsers.length % count))] as Browser, scenario)
          const answered = performance.now()
          times.push(answered - now)
          now = answered
        }
      }),
    )
    const took = (performance.now() - began) / 1_000
    const ascending = times.toSorted((one, other) => one - other)
    return {
      requests: times.length,
      seconds: took,
      p50Ms: percentile(ascending, 0.5),
      p99Ms: percentile(ascending, 0.99),
    }
  },
})
