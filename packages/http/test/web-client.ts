import { parseSetCookie } from 'cookie'

interface Answer {
  readonly status: number
  readonly text: string
  /** The `Set-Cookie` headers. */
  readonly cookies: string[]
  readonly headers: Headers
}

/** A browser over real HTTP: it keeps its cookies, and says where its requests come from. */
export class WebClient {
  readonly jar: Map<string, string>
  readonly #origin: string
  readonly #knownAs: string

  /** `knownAs`: the origin of the pages, where a proxy has another one than the server. */
  constructor(origin: string, knownAs = origin, jar: ReadonlyMap<string, string> = new Map()) {
    this.#origin = origin
    this.#knownAs = knownAs
    this.jar = new Map(jar)
  }

  get(path: string): Promise<Answer> {
    return this.#send(path, {})
  }

  post(path: string, body?: URLSearchParams, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send(path, { method: 'POST', ...(body === undefined ? {} : { body }) }, headers)
  }

  async #send(path: string, init: RequestInit, own: Record<string, string> = {}): Promise<Answer> {
    const headers = new Headers({ accept: 'text/html', 'sec-fetch-site': 'same-origin', origin: this.#knownAs, ...own })
    if (this.jar.size > 0) headers.set('cookie', [...this.jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(this.#origin + path, { ...init, headers, redirect: 'manual' })
    const cookies = response.headers.getSetCookie()
    for (const line of cookies) {
      const { name, value = '', maxAge } = parseSetCookie(line)
      if (maxAge === 0) this.jar.delete(name)
      else if (name !== '') this.jar.set(name, value)
    }
    return { status: response.status, text: await response.text(), cookies, headers: response.headers }
  }
}
