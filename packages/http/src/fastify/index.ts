import { Readable } from 'node:stream'
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import type { Exchange, HttpSession, HttpSessions } from '../index.ts'
import { cacheHeaders, isForCaches, isResponse, isSpent } from '../response-headers.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The session of this request. `@fastify/session` may keep its `request.session` beside it. */
    httpSession: HttpSession
  }
}

const exchanges = new WeakMap<FastifyRequest, Exchange<object>>()
const errors = new WeakMap<FastifyRequest, unknown>()

/** A plug-in of Fastify: every handler has the session as `request.httpSession`. */
export function fastifySessions(sessions: HttpSessions): FastifyPluginCallback {
  const plugin: FastifyPluginCallback = (fastify, _options, done) => {
    fastify.decorateRequest('httpSession', null as never)

    // Here the body is parsed, and may hold a form's token.
    fastify.addHook('preHandler', async (request, reply) => {
      const head = headOf(request)
      const exchange = await sessions.begin(head, async () => tokenIn(request.body))
      if ('status' in exchange) return send(reply, await sessions.answer(exchange, head))
      exchanges.set(request, exchange as never)
      request.httpSession = exchange.session
    })

    fastify.addHook('onError', async (request, _reply, error) => {
      errors.set(request, error)
    })

    fastify.addHook('onSend', async (request, reply, payload) => {
      const exchange = exchanges.get(request)
      if (exchange === undefined) return payload
      exchanges.delete(request)
      if (isResponse(payload)) {
        if (isSpent(payload)) {
          await exchange.abandon(null)
          throw new TypeError('a handler returned a response that cannot be sent')
        }
        head(reply, payload) // Fastify would do so after this hook, over what the session says
      }
      const failure = errors.has(request)
        ? await exchange.abandon(errors.get(request))
        : await exchange.finish(reply.statusCode)
      let body: unknown = isResponse(payload) ? payload.body : payload
      if (failure !== null) {
        const answer = await sessions.answer(failure, headOf(request))
        for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
        head(reply, answer)
        drop(body)
        body = await answer.text()
      }
      const own = exchange.headers()
      const text = (name: string) => reply.getHeader(name)?.toString() ?? null
      const { cacheControl, vary } = cacheHeaders(own, text('cache-control'), text('vary'))
      if (own.setCookies.length > 0) {
        reply.header('set-cookie', [...own.setCookies])
        for (const name of Object.keys(reply.getHeaders())) if (isForCaches(name)) reply.removeHeader(name)
      }
      if (cacheControl !== null) reply.header('cache-control', cacheControl)
      if (vary !== null) reply.header('vary', vary)
      return body
    })
    done()
  }
  // Its hooks are for the whole application, not for a scope of its own.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}

/** The request without its body, which Fastify has read. */
function headOf({ method, protocol, host, url, headers }: FastifyRequest): Request {
  const pairs = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  // Not `new URL(url, origin)`: a path that begins with two slashes would name a host.
  return new Request(`${protocol}://${host}${url}`, { method, headers: pairs as [string, string][] })
}

function tokenIn(body: unknown): string | null {
  const token = (body as { csrf?: unknown } | null | undefined)?.csrf
  return typeof token === 'string' ? token : null
}

async function send(reply: FastifyReply, answer: Response): Promise<FastifyReply> {
  return head(reply, answer).send(await answer.text())
}

/** Ends a body that nobody will read. */
function drop(payload: unknown): void {
  if (payload instanceof Readable) payload.destroy()
  else if (payload instanceof ReadableStream) payload.cancel().catch(() => {})
}

function head(reply: FastifyReply, { status, headers }: Response): FastifyReply {
  reply.code(status)
  // One after the other: of several Set-Cookie none takes the place of another.
  for (const [name, value] of headers) reply.header(name, value)
  return reply
}
