/** The deepest nesting that is read. The codec writes none that is deeper. */
const maxDepth = 520

/**
 * Parses JSON. Returns undefined where the string is not JSON, or has a key `__proto__`: merging such a value into another
 * object would set a prototype.
 *
 * V8 13 and 14 (Node 24 to 26) misread a key with an escape where an object parsed before has a like key with a backslash:
 * see nodejs/node#63785. So a string with an escaped key is read again, key by key. All other strings cost one search for a
 * backslash.
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
  return hasProtoKey(text) ? undefined : parsed
}

/** True where JSON has a key `__proto__` that is written without an escape, as JSON.stringify writes it. */
export function hasProtoKey(text: string): boolean {
  // Searching for the bare name is ten times faster than searching for a quote first: JSON is full of quotes.
  return text.includes('__proto__') && /"__proto__"\s*:/.test(text)
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** True where a key has an escape. `first` is the position of the first backslash. Each string with a backslash is read once. */
function hasEscapedKey(text: string, first: number): boolean {
  for (let at = first; at !== -1; ) {
    const end = endOfString(text, at)
    if (text.charCodeAt(afterSpace(text, end + 1)) === colon) return true
    at = text.indexOf('\\', end)
  }
  return false
}

/** Returns the position of the quote that ends the string around `at`. No escape sequence may surround `at`. */
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

/** Reads a string that is known to be JSON. It parses each key by itself, which V8 does right. */
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

  /** Returns the next character after white space. */
  #peek(): string {
    this.#at = afterSpace(this.#text, this.#at)
    return this.#text.charAt(this.#at)
  }
}
