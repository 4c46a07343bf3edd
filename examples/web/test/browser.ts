export interface Answer {
  status: number
  headers: Headers
  text: string
  /** Where the browser ended up, with the query. */
  url: URL
}

export const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
export const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

/** What a browser does with cookies, redirects and forms, over real HTTP. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #origin: string
  /** Headers that a test wants to be otherwise. */
  headers: Record<string, string>

  constructor(origin: string, userAgent = firefox) {
    this.#origin = origin
    this.headers = { 'user-agent': userAgent }
  }

  /** One request, with the cookies, and without following where it leads. */
  async request(path: string, init: RequestInit = {}): Promise<Answer> {
    const url = new URL(path, this.#origin)
    const headers = new Headers({ ...this.headers, ...(init.headers as Record<string, string>) })
    if (this.cookies.size > 0)
      headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return { status: response.status, headers: response.headers, text: await response.text(), url }
  }

  get(path: string): Promise<Answer> {
    return this.request(path)
  }

  /** Sends a form, as a page of the application itself would. */
  post(path: string, fields: Record<string, string> = {}): Promise<Answer> {
    return this.request(path, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin', origin: this.#origin },
      body: new URLSearchParams(fields),
    })
  }

  /** Follows redirects to a page. */
  async follow(answer: Answer | Promise<Answer>): Promise<Answer> {
    const { status, headers, url } = await answer
    if (status !== 303) return answer
    return this.follow(this.get(new URL(headers.get('location') as string, url).href))
  }

  /** Presses "Sign in" and chooses a person; resolves with the redirect to the application's callback. */
  async signInUpToCallback(person: string): Promise<Answer> {
    const choice = await this.follow(this.post('/sign-in'))
    return this.post('/idp/authorize', { ...hiddenFields(choice.text), person })
  }

  async signIn(person = 'ada'): Promise<Answer> {
    return this.follow(this.signInUpToCallback(person))
  }

  #keep(line: string): void {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) as unknown as [string, string, string]
    if (/;\s*max-age=0/i.test(line)) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}

/** The names and values of a page's hidden fields. */
export function hiddenFields(page: string): Record<string, string> {
  const fields = page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)
  return Object.fromEntries(Array.from(fields, ([, name, value]) => [name, value]))
}

/** The text that a person reads, without tags. */
export function visibleText(page: string): string {
  return page.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
}

/** The number that the counter shows. */
export function countOn(page: string): number {
  return Number(/<output>(\d+)<\/output>/.exec(page)?.[1])
}
