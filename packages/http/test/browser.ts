import type { HttpSession, HttpSessions } from '@sess/http'
import { parseSetCookie } from 'cookie'

type Handler = (session: HttpSession) => Response | Promise<Response>

/** A browser that keeps its cookies, and says where its requests come from. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #sessions: HttpSessions
  readonly #origin: string

  constructor(sessions: HttpSessions, origin = 'https://app.test') {
    this.#sessions = sessions
    this.#origin = origin
  }

  request(method = 'GET', headers: Record<string, string> = {}, body?: string): Request {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const own: Record<string, string> = { 'sec-fetch-site': 'same-origin', ...(cookie === '' ? {} : { cookie }) }
    return new Request(`${this.#origin}/page`, {
      method,
      headers: { ...own, ...headers },
      ...(body === undefined ? {} : { body }),
    })
  }

  async send(handler: Handler, request = this.request('POST')): Promise<Response> {
    const response = await this.#sessions.handle(request, handler)
    for (const header of response.headers.getSetCookie()) {
      const { name, value = '', maxAge } = parseSetCookie(header)
      if (maxAge === 0) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }
}
