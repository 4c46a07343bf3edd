import { parseCookie, type SetCookie, stringifySetCookie } from 'cookie'

/** The most values of one name that are looked at: a browser of good faith sends one. */
const mostValues = 4
const longestValue = 512

/** A cookie as OWASP asks for it: HttpOnly, SameSite=Lax, of this host alone, and over TLS Secure. */
export class OwnCookie {
  readonly name: string
  readonly #secure: boolean

  /** Over plain http a browser refuses `Secure` and the prefixes that require it: the name goes without. */
  constructor(name: string, secure: boolean) {
    this.name = secure ? name : name.replace(/^__(?:Host-Http|Host|Http|Secure)-/i, '')
    this.#secure = secure
  }

  /** Every value that the header has for the cookie; none where there are too many. */
  values(header: string | null): string[] {
    if (header === null) return []
    const values = new Set<string>()
    for (const part of header.split(';')) {
      if (!part.trimStart().startsWith(this.name)) continue
      const value = parseCookie(part)[this.name]
      if (value !== undefined && value !== '' && value.length <= longestValue) values.add(value)
      if (values.size > mostValues) return []
    }
    return [...values]
  }

  /** The `Set-Cookie` that gives it to the browser; without `maxAge`, until the browser is closed. */
  set(value: string, maxAge?: number): string {
    const cookie: SetCookie = {
      name: this.name,
      value,
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: this.#secure,
    }
    return stringifySetCookie(maxAge === undefined ? cookie : { ...cookie, maxAge })
  }

  /** The `Set-Cookie` that takes it away. */
  clear(): string {
    return this.set('', 0)
  }
}
