import { invalidArgument, SessionError } from '../../contract/errors.ts'
import type { JsonObject } from '../../contract/json.ts'
import { isObject } from './codec.ts'
import { copyJson, maxDepth } from './json-copy.ts'
import { hasProtoKey, parseJson } from './json-parse.ts'

/**
 * A JSON object as text, which a store writes without a look at each value. Only {@link jsonText} makes one, so a store can
 * always read the text back. It never changes.
 */
export class JsonText {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
    Object.freeze(this)
  }

  /** @internal */
  static of(value: object): JsonText {
    const text = stringify(value)
    if (!text.startsWith('{')) throw invalidArgument('JSON must make an object of the value', 'type')
    return new JsonText(readable(text))
  }

  get text(): string {
    return this.#text
  }

  /** Returns a text that has this field too. It takes the place of a field of that name. */
  with(name: string, value: unknown): JsonText {
    const field = stringify({ [name]: value })
    // JSON leaves out undefined and functions.
    if (field === '{}') return this
    if (this.#text === '{}') return new JsonText(readable(field))
    if (this.#text.includes(`${JSON.stringify(name)}:`)) return JsonText.of({ ...this.parse(), [name]: value })
    return new JsonText(readable(`${this.#text.slice(0, -1)},${field.slice(1)}`))
  }

  /** Parses the text. Each call returns a new object. */
  parse(): JsonObject {
    return parseJson(this.#text) as JsonObject
  }
}

/**
 * Turns an object into text as JSON.stringify does: a Date becomes a string, `undefined` and functions are left out, NaN
 * becomes null, `toJSON` is called. It is for adapters to frameworks whose stores have always kept sessions so;
 * {@link saveJson} takes the text.
 * @throws `TypeError` for a cycle, a BigInt, or a value that JSON does not turn into an object
 * @throws `SESS_NOT_SERIALIZABLE` for a key `__proto__` and for nesting that is too deep, naming the path
 * @throws whatever a `toJSON` throws
 * @example
 * ```ts
 * jsonText({ when: new Date(0), none: undefined }).text // '{"when":"1970-01-01T00:00:00.000Z"}'
 * ```
 */
export function jsonText(value: object): JsonText {
  if (!isObject(value)) throw invalidArgument('the value must be an object', 'type')
  return JsonText.of(value)
}

function stringify(value: object): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch (error) {
    // JSON.stringify recurses.
    if (!(error instanceof RangeError && error.message.includes('call stack'))) throw error
    throw new SessionError('SESS_NOT_SERIALIZABLE', `data: nesting deeper than ${maxDepth} levels`)
  }
}

/** Returns the text. @throws `SESS_NOT_SERIALIZABLE` for a text that a store would not read */
function readable(text: string): string {
  // The copy finds the fault and names its path.
  if (hasProtoKey(text) || mayNestTooDeep(text)) copyJson(JSON.parse(text), 'data')
  return text
}

/** Returns false for a text with fewer brackets than the greatest depth, which is nearly every text. */
function mayNestTooDeep(text: string): boolean {
  if (text.length < 2 * maxDepth) return false
  let brackets = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      brackets += 1
      if (brackets >= maxDepth) return true
    }
  }
  return false
}
