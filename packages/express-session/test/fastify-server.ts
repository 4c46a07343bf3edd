import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import type { fastifyStore } from '@sess/express-session/fastify'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { onTestFinished } from 'vitest'
import { Browser, secret } from './server.ts'

declare module 'fastify' {
  // biome-ignore lint/suspicious/noExplicitAny: the tests put anything into a session
  interface Session extends Record<string, any> {}
}

export type Route = (request: FastifyRequest, reply: FastifyReply) => unknown

/** Signs in and out, and tells who is in. */
export const login: Record<string, Route> = {
  '/login': (request) => {
    request.session.user = 'ada'
    return { in: true }
  },
  '/user': (request) => ({ user: request.session.user ?? null }),
  '/logout': async (request) => {
    await request.session.destroy()
    return { out: true }
  },
}

/** A real Fastify application with these routes, on a port of its own, until the test is over. */
export async function fastifyApp(
  store: ReturnType<typeof fastifyStore>,
  routes: Record<string, Route>,
  options: Partial<fastifySession.FastifySessionOptions> = {},
): Promise<Browser> {
  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(fastifySession, {
    store,
    secret,
    saveUninitialized: false,
    ...options,
    cookie: { secure: false, ...options.cookie },
  })
  for (const [path, route] of Object.entries(routes)) app.get(path, async (request, reply) => route(request, reply))
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return new Browser(origin)
}
