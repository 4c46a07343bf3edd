const schemePattern = /^([a-z][a-z0-9+.-]*):/i
const furtherHosts = /^([a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?[^/?#,]*),[^/?#]*/i

/** Returns the scheme of a store's URL as it is written, without the colon; undefined where the string has none. */
export function schemeOf(text: string): string | undefined {
  return schemePattern.exec(text)?.[1]
}

/**
 * True for a URL. In a list of hosts (`postgres://one,two:5433/db`, which some drivers take) the first host is checked.
 * False where an unescaped character has moved a part of the password into the host, the path or the fragment.
 */
export function isUrl(text: string): boolean {
  const first = text.replace(furtherHosts, '$1')
  if (text !== text.trim() || !URL.canParse(first)) return false
  const { username, password, host, pathname, hash } = new URL(first)
  return isDecodable(username) && isDecodable(password) && hash === '' && (host === '' || !pathname.includes('@'))
}

/** Returns a hint for a URL whose user or password has a character that must be encoded; `''` for any other value. */
export function encodingHint(value: unknown): string {
  if (typeof value !== 'string' || !value.includes('@') || isUrl(value)) return ''
  return '; in a user or password : / ? # [ ] @ and % must be percent-encoded, as %40 is for @'
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/**
 * Splits a store's URL into the part before the query, unchanged, and the decoded parameters of the query. The object of
 * parameters has a null prototype, so a parameter may have any name.
 * @throws `TypeError` where a parameter is given twice
 */
export function splitUrl(text: string): { url: string; parameters: Record<string, string> } {
  const [, url = text, query = ''] = /^([^?]*)\?(.*)$/s.exec(text) ?? []
  const parameters: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(query)) {
    if (Object.hasOwn(parameters, name)) throw new TypeError('a query parameter is given twice')
    parameters[name] = value
  }
  return { url, parameters }
}
