import { Readable } from 'node:stream'
import { type HttpSessionOptions, httpSessions } from '@sess/http'
import { fastifySessions } from '@sess/http/fastify'
import { memoryStore } from '@sess/memory'
import Fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function start(options: HttpSessionOptions = {}) {
  const app = Fastify()
  open.push(() => app.close())
  await app.register(fastifySessions(httpSessions(memoryStore({ maxBytes: 2_000 }), options)))
  return app
}

describe('a reply of Fastify', () => {
  it.each([
    ['stream of Node', (cancel: () => void) => new Readable({ read() {} }).once('close', cancel)],
    ['stream of the web', (cancel: () => void) => new ReadableStream({ cancel })],
  ])('whose body is a %s is a 503 after a failed save, and nobody goes on to write it', async (_, make) => {
    const app = await start()
    let isCancelled = false
    app.post('/', (request, reply) => {
      request.httpSession.data.a = 'x'.repeat(3_000)
      return reply.send(
        make(() => {
          isCancelled = true
        }),
      )
    })
    const reply = await app.inject({ method: 'POST', url: '/', headers: { host: 'app.test' } })
    expect([reply.statusCode, reply.body]).toEqual([503, expect.stringContaining('try again later')])
    await new Promise(setImmediate)
    expect(isCancelled).toBe(true)
  })

  it('to a failure has every cookie of the answer that onFailure gives', async () => {
    const onFailure = () => {
      const headers = new Headers({ 'x-own': 'yes' })
      for (const cookie of ['a=1', 'b=2']) headers.append('set-cookie', cookie)
      return new Response('sorry', { status: 503, headers })
    }
    const app = await start({ onFailure })
    app.post('/', async (request) => {
      request.httpSession.data.a = 'x'.repeat(3_000)
    })
    for (const site of ['same-origin', 'cross-site']) {
      const headers = { host: 'app.test', 'sec-fetch-site': site }
      const reply = await app.inject({ method: 'POST', url: '/', headers })
      expect([reply.statusCode, reply.body, reply.headers['x-own']]).toEqual([503, 'sorry', 'yes'])
      expect(reply.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    }
  })

  it('with a cookie is kept by no cache, whatever the handler told the ones of a CDN', async () => {
    const app = await start()
    app.post('/', async (request, reply) => {
      request.httpSession.data.a = '1'
      reply.header('cache-control', 'public, max-age=60').header('cdn-cache-control', 'max-age=60')
      return 'ok'
    })
    const { headers } = await app.inject({ method: 'POST', url: '/', headers: { host: 'app.test' } })
    expect([headers['cache-control'], headers['cdn-cache-control']]).toEqual(['no-store', undefined])
    expect(headers['set-cookie']).toHaveLength(1)
  })

  it('that is a Response has its status and headers, and is kept by no cache where it carries a cookie', async () => {
    const app = await start()
    app.post('/', async (request) => {
      request.httpSession.data.a = '1'
      const headers = { 'cache-control': 'public, max-age=60', vary: 'accept', 'x-own': 'yes' }
      return new Response('made', { status: 201, headers })
    })
    const reply = await app.inject({ method: 'POST', url: '/', headers: { host: 'app.test' } })
    expect([reply.statusCode, reply.body, reply.headers['x-own']]).toEqual([201, 'made', 'yes'])
    expect([reply.headers['cache-control'], reply.headers.vary]).toEqual(['no-store', 'accept, Cookie'])
    expect(reply.headers['set-cookie']).toHaveLength(1)
  })

  it.each([
    ['says that something failed', 500, () => new Response('failed', { status: 500 })],
    ['cannot be sent', 500, () => Response.error()],
  ])('that is a Response and %s writes nothing of the data', async (_, status, make) => {
    const store = memoryStore()
    const app = Fastify()
    open.push(() => app.close())
    await app.register(fastifySessions(httpSessions(store)))
    app.post('/', async (request) => {
      request.httpSession.data.a = '1'
      return make()
    })
    const reply = await app.inject({ method: 'POST', url: '/', headers: { host: 'app.test' } })
    expect([reply.statusCode, reply.headers['set-cookie'], await store.count()]).toEqual([status, undefined, 0])
  })

  it('to a body that Fastify cannot parse is its own 400', async () => {
    const app = await start()
    app.post('/', async () => 'ok')
    const headers = { host: 'app.test', 'content-type': 'application/json' }
    const reply = await app.inject({ method: 'POST', url: '/', headers, payload: '{' })
    expect([reply.statusCode, reply.headers['set-cookie']]).toEqual([400, undefined])
  })
})
