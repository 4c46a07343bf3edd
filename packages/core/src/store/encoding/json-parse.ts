/** Beyond what the codec writes: a text that nests deeper is somebody else's. */
const maxDepth = 520

/**
 * The value of a JSON text; undefined where the text is not JSON, or has a key `__proto__`, which bites whoever merges the
 * value into another.
 *
 * V8 13 and 14 (Node 24 to 26) misread a key with an escape where an object parsed before has a like key with a backslash:
 * see nodejs/node#63785. So a text with such a key is read again, key by key. It costs the others one search for a backslash.
 */
export function parseJson(text: string): unknown {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  const backslash = text.indexOf('\\')
  if (backslash !== -1 && hasEscapedKey(text, backslash)) return new StrictReader(text).read()
  // The bare name is found ten times faster than one that begins with a quote, as a JSON text is full of those.
  return text.includes('__proto__') && /"__proto__"\s*:/.test(text) ? undefined : parsed
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** Whether a key has an escape; `first` is where the first backslash of the JSON text is. Each string with one is read to its end, once. */
function hasEscapedKey(text: string, first: number): boolean {
  for (let at = first; at !== -1; ) {
    const end = endOfString(text, at)
    if (text.charCodeAt(afterSpace(text, end + 1)) === colon) return true
    at = text.indexOf('\\', end)
  }
  return false
}

/** Where the quote is that ends the string around `at`, which is no escaped character. */
function endOfString(text: string, at: number): number {
  for (let index = at; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit === quote) return index
    if (unit === backslash) index += 1
  }
  return text.length
}

function afterSpace(text: string, at: number): number {
  let index = at
  while (isSpace(text.charCodeAt(index))) index += 1
  return index
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09
}

class Refused extends Error {}

/** Reads a text that is known to be JSON. Each string is parsed by itself, which V8 does right. */
class StrictReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): unknown {
    try {
      return this.#value(0)
    } catch (error) {
      if (error instanceof Refused) return undefined
      throw error
    }
  }

  #value(depth: number): unknown {
    if (depth > maxDepth) throw new Refused()
    switch (this.#peek()) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      default:
        return this.#literal()
    }
  }

  #object(depth: number): object {
    const object: Record<string, unknown> = {}
    this.#at += 1
    while (this.#peek() !== '}') {
      const key = this.#string()
      if (key === '__proto__') throw new Refused()
      this.#peek()
      this.#at += 1 // the colon
      object[key] = this.#value(depth + 1)
      if (this.#peek() === ',') this.#at += 1
    }
    this.#at += 1
    return object
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = []
    this.#at += 1
    while (this.#peek() !== ']') {
      array.push(this.#value(depth + 1))
      if (this.#peek() === ',') this.#at += 1
    }
    this.#at += 1
    return array
  }

  #string(): string {
    this.#peek()
    const start = this.#at
    this.#at = endOfString(this.#text, start + 1) + 1
    return JSON.parse(this.#text.slice(start, this.#at))
  }

  /** A number, `true`, `false` or `null`. */
  #literal(): unknown {
    const start = this.#at
    while (/[\w.+-]/.test(this.#text.charAt(this.#at))) this.#at += 1
    return JSON.parse(this.#text.slice(start, this.#at))
  }

  /** The next character that is no white space. */
  #peek(): string {
    this.#at = afterSpace(this.#text, this.#at)
    return this.#text.charAt(this.#at)
  }
}
