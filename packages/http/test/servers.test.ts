import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { SessionStore } from '@sess/core'
import { type HttpSession, httpSessions } from '@sess/http'
import { fastifySessions } from '@sess/http/fastify'
import { honoSessions } from '@sess/http/hono'
import { nodeListener } from '@sess/http/node'
import { memoryStore } from '@sess/memory'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What each application does at a path: counts, signs in, writes too much, or fails. */
async function answer(session: HttpSession, path: string): Promise<{ status: number; text: string }> {
  if (path === '/count') {
    session.data.count = Number(session.data.count ?? 0) + 1
    return { status: 200, text: String(session.data.count) }
  }
  if (path === '/sign-in') {
    await session.signIn({ providerId: 'github', externalId: 'ada' })
    return { status: 201, text: 'hello ada' }
  }
  if (path === '/large') session.data.large = 'x'.repeat(3_000)
  if (path === '/fail') {
    session.data.count = -1
    throw new Error('a fault of the application')
  }
  return { status: 200, text: `${session.identity?.externalId} ${session.data.count}` }
}

const applications: Record<string, (store: SessionStore) => Promise<string>> = {
  node(store) {
    const handler = async (session: HttpSession, request: Request) => {
      const { status, text } = await answer(session, new URL(request.url).pathname)
      return new Response(text, { status })
    }
    return listen(createServer(nodeListener(httpSessions(store), handler, { onError: () => undefined })))
  },

  hono(store) {
    const app = new Hono<{ Variables: { session: HttpSession } }>()
    app.use(honoSessions(httpSessions(store)))
    app.onError((_, c) => c.text('failed', 500))
    app.all('*', async (c) => {
      const { status, text } = await answer(c.var.session, c.req.path)
      return c.text(text, status as 200)
    })
    return listen(createAdaptorServer({ fetch: app.fetch }) as Server)
  },

  async fastify(store) {
    const app = Fastify()
    await app.register(fastifySessions(httpSessions(store)))
    app.all('*', async (request, reply) => {
      const { status, text } = await answer(request.httpSession, request.url)
      return reply.code(status).send(text)
    })
    open.push(() => app.close())
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
}

describe.each(Object.keys(applications))('a real application of %s', (name) => {
  async function start() {
    const store = memoryStore({ maxBytes: 2_000 })
    const origin = await (applications[name] as (store: SessionStore) => Promise<string>)(store)
    let cookie = ''
    const post = async (path: string, headers: Record<string, string> = {}) => {
      const own = { 'sec-fetch-site': 'same-origin', ...(cookie === '' ? {} : { cookie }) }
      const response = await fetch(origin + path, { method: 'POST', headers: { ...own, ...headers } })
      const [set] = response.headers.getSetCookie()
      if (set !== undefined) cookie = set.split(';')[0] as string
      return { sent: cookie, status: response.status, text: await response.text(), set, headers: response.headers }
    }
    return { store, post, origin }
  }

  it('keeps a session, signs in under a new id, and says that its pages are for one browser', async () => {
    const { store, post } = await start()
    const first = await post('/count')
    expect(first).toMatchObject({ status: 200, text: '1' })
    expect(first.set).toMatch(/^sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
    expect(await post('/count')).toMatchObject({ text: '2', set: undefined })
    const signedIn = await post('/sign-in')
    expect(signedIn.status).toBe(201)
    expect(signedIn.set).not.toBe(first.set)
    const page = await post('/page')
    expect(page.text).toBe('ada 2')
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(await store.count()).toBe(1)
  })

  it('answers 503 where the session cannot be saved, 403 to another site, and 500 to its own fault', async () => {
    const { post } = await start()
    await post('/count')
    const large = await post('/large')
    expect([large.status, large.text]).toEqual([503, expect.stringContaining('try again later')])
    expect((await post('/count', { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await post('/fail')).status).toBe(500)
    expect((await post('/page')).text).toBe('undefined 1')
  })

  it('takes the host from the head, and not from a path with two slashes, when it asks where a change came from', async () => {
    const { post, origin } = await start()
    await post('/count')
    const { host, hostname, port } = new URL(origin)
    const cookie = (await post('/count')).sent
    const status = (from: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), hostname)
        socket.on('error', reject)
        socket.on('data', (data) => {
          resolve(data.toString().split(' ')[1] ?? '')
          socket.destroy()
        })
        const head = [`host: ${host}`, `cookie: ${cookie}`, `origin: ${from}`, 'content-length: 0', 'connection: close']
        socket.write(`POST //evil.test/count HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`)
      })
    expect(await status('http://evil.test')).toBe('403')
    expect(await status(origin)).toBe('200')
  })
})
