import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express, type Request, type Response } from 'express'
import session, { type SessionOptions, type Store } from 'express-session'
import { onTestFinished } from 'vitest'

declare module 'express-session' {
  // biome-ignore lint/suspicious/noExplicitAny: the tests put anything into a session
  interface SessionData extends Record<string, any> {}
}

export const secret = 'a secret of these tests that is long enough for @fastify/session'

/** A browser: it keeps the cookie of each answer. */
export class Browser {
  readonly #origin: string
  cookie: string | undefined

  constructor(origin: string, cookie?: string) {
    this.#origin = origin
    this.cookie = cookie
  }

  /** Another tab of it, with the cookie of now. */
  tab(): Browser {
    return new Browser(this.#origin, this.cookie)
  }

  async ask(path: string, method = 'GET'): Promise<{ status: number; body: unknown; setCookie: string | null }> {
    const headers = this.cookie === undefined ? {} : { cookie: this.cookie }
    const answer = await fetch(this.#origin + path, { method, headers, redirect: 'manual' })
    const setCookie = answer.headers.get('set-cookie')
    if (setCookie !== null) this.cookie = setCookie.split(';')[0]
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : parsed(text), setCookie }
  }

  async body(path: string): Promise<unknown> {
    return (await this.ask(path)).body
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export type Route = (request: Request, response: Response) => unknown

/** A real Express application with these routes, on a port of its own, until the test is over. */
export async function expressApp(
  store: Store,
  routes: Record<string, Route>,
  options: Partial<SessionOptions> = {},
  prepare: (app: Express) => void = () => {},
): Promise<Browser> {
  const app = express()
  app.use(session({ store, secret, resave: false, saveUninitialized: false, ...options }))
  prepare(app)
  for (const [path, route] of Object.entries(routes)) app.get(path, (request, response) => route(request, response))
  app.use((error: Error & { code?: string }, _request: Request, response: Response, _next: () => void) => {
    if (!response.headersSent) response.status(500).json({ code: error.code ?? error.message })
  })
  return browserOf(createServer(app))
}

/** A browser of an application that listens until the test is over. */
export async function browserOf(server: Server): Promise<Browser> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return new Browser(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

/** A place where a request waits until it is let go. */
export function gate() {
  const arrived = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  return {
    arrived: arrived.promise,
    open: opened.resolve,
    pass: () => {
      arrived.resolve()
      return opened.promise
    },
  }
}
