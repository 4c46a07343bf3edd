import { SessionError } from '../../contract/errors.ts'
import { stepInPath } from '../../contract/key-in-path.ts'
import { isPlainArrayPrototype, isPlainPrototype } from '../../contract/plain-object.ts'

/** A part of a value that JSON would lose or change, with its path from the outermost key to the innermost. */
class JsonFault {
  readonly path: (string | number)[] = []
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/**
 * The deepest nesting. JSON.stringify, JSON.parse and this copy recurse. Session data never nests so deep; a cycle always
 * does.
 */
export const maxDepth = 500

/** The fewest bytes of a key and its value: two quotes, a colon, a comma, a digit. */
const bytesOfEntry = 5
/** An allowance for enumerable keys that a library may have added to Object.prototype: for-in visits them too. */
const foreignKeys = 1_000

/**
 * Set while copying, read by the next stringify: JSON.stringify writes -0 as 0, so a value with -0 needs a replacer, which
 * is slower.
 */
let hasNegativeZero = false
/** How many bytes are left. The copy counts the fewest bytes of each value, and stops when none are left. */
let room = 0
let maxBytes = 0

const rawJSON: (text: string) => unknown = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/**
 * Copies a value that JSON carries unchanged. One walk checks and copies, which is faster than parsing the written JSON
 * again. The walk stops where the value has more than `limit` bytes.
 * @throws `SESS_NOT_SERIALIZABLE` naming the path, under `root`, of the first value that JSON would lose or change
 * @throws `SESS_TOO_LARGE`
 */
export function copyJson<T>(given: T, root: string, limit = Number.POSITIVE_INFINITY): T {
  const around = { room, maxBytes }
  room = limit
  maxBytes = limit
  try {
    return copy(given, 0) as T
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    throw new SessionError('SESS_NOT_SERIALIZABLE', `${formatPath(root, error.path)}: ${error.reason}`)
  } finally {
    // A getter in the value may have called a store, which copies too.
    room = around.room
    maxBytes = around.maxBytes
  }
}

/**
 * Returns the JSON of a value that {@link copyJson} has copied. It parses to a deep-equal value.
 * @throws `SESS_TOO_LARGE` for more than `limit` bytes of UTF-8
 */
export function stringifyJson(copied: unknown, limit = Number.POSITIVE_INFINITY): string {
  return checkedLength(stringify(copied, limit), limit)
}

/** Returns the text. @throws `SESS_TOO_LARGE` for more than `limit` bytes of UTF-8 */
export function checkedLength(text: string, limit: number): string {
  // A UTF-16 unit is one to three bytes in UTF-8, so most strings need no count.
  if (text.length * 3 > limit && (text.length > limit || Buffer.byteLength(text) > limit)) throw tooLarge(limit)
  return text
}

function stringify(copied: unknown, limit: number): string {
  const replacer = hasNegativeZero
    ? (_key: string, inner: unknown) => (Object.is(inner, -0) ? rawJSON('-0') : inner)
    : undefined
  hasNegativeZero = false
  try {
    return replacer === undefined ? JSON.stringify(copied) : JSON.stringify(copied, replacer)
  } catch (error) {
    // V8 has no strings of more than 512 MB.
    if (error instanceof RangeError && error.message.includes('string length')) throw tooLarge(limit)
    throw error
  }
}

function tooLarge(limit: number): SessionError {
  return new SessionError('SESS_TOO_LARGE', `the encoded identity and data have more than maxBytes = ${limit} bytes`)
}

function copy(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      room -= value.length
      return value
    case 'boolean':
      return value
    case 'number':
      if (value === 0 && Object.is(value, -0)) hasNegativeZero = true
      if (!Number.isFinite(value)) throw new JsonFault(`${value} is not a JSON number`)
      return value
    case 'object':
      if (value === null) return null
      if (depth > maxDepth) throw new JsonFault(`a cycle, or nesting deeper than ${maxDepth} levels`)
      return Array.isArray(value) ? copyArray(value, depth) : copyObject(value, depth)
    default:
      throw new JsonFault(`${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`} has no JSON form`)
  }
}

function copyArray(array: unknown[], depth: number): unknown[] {
  if (!isPlainArrayPrototype(Object.getPrototypeOf(array))) {
    throw new JsonFault('an instance of a subclass of Array would become a plain array')
  }
  if (typeof (array as { toJSON?: unknown }).toJSON === 'function') throw toJsonFault()
  const copied: unknown[] = []
  for (let index = 0; index < array.length; index += 1) {
    room -= 1 // the comma
    copied.push(copyWithin(index, array[index], depth))
    if (room < 0) throw tooLarge(maxBytes)
  }
  // The loop has refused holes as undefined, so any further key is a property beside the items.
  if (Object.keys(array).length !== array.length || hasSymbols(array)) {
    throw new JsonFault('an array would lose its properties beside the items')
  }
  return copied
}

function copyObject(object: object, depth: number): object {
  const prototype: object | null = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && (prototype === null || !isPlainPrototype(prototype))) {
    throw new JsonFault(`${describePrototype(prototype)} is not a plain object`)
  }
  if (typeof (object as { toJSON?: unknown }).toJSON === 'function' && !Object.keys(object).includes('toJSON')) {
    throw toJsonFault()
  }
  // Counting a million keys takes a fraction of the time of copying them.
  let keys = -foreignKeys
  for (const _key in object) keys += 1
  if (keys * bytesOfEntry > room) throw tooLarge(maxBytes)
  // A spread and a for-in over the copy take a fraction of the time of reading and adding each key.
  const copied: Record<string, unknown> = { ...object }
  for (const key in copied) {
    // JSON carries this key, but merging the loaded object into another would set a prototype.
    if (key === '__proto__') throw within(key, new JsonFault('the key __proto__ is never stored'))
    const value = copied[key]
    const isText = typeof value === 'string'
    room -= key.length + bytesOfEntry + (isText ? value.length : 0)
    if (room < 0) throw tooLarge(maxBytes)
    if (isText || !Object.hasOwn(copied, key)) continue
    const inner = copyWithin(key, value, depth)
    if (inner !== value) copied[key] = inner
  }
  if (hasSymbols(copied)) throw new JsonFault('a symbol key has no JSON form')
  return copied
}

function copyWithin(key: string | number, value: unknown, depth: number): unknown {
  try {
    return copy(value, depth + 1)
  } catch (error) {
    throw within(key, error)
  }
}

function within(key: string | number, error: unknown): unknown {
  if (error instanceof JsonFault) error.path.unshift(key)
  return error
}

function hasSymbols(object: object): boolean {
  return Object.getOwnPropertySymbols(object).length > 0
}

function toJsonFault(): JsonFault {
  return new JsonFault('its toJSON method would replace it')
}

function describePrototype(prototype: object | null): string {
  if (prototype === null) return 'an object without prototype'
  const name = (prototype as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `an instance of ${name}`
    : 'an object with a prototype of its own'
}

/** Formats a path such as `data.cart[3].when`. Keys that are not identifiers are in brackets and quotes. */
function formatPath(root: string, path: readonly (string | number)[]): string {
  // The path of a cycle repeats itself hundreds of times: its beginning is enough.
  const text = path.slice(0, 16).map(stepInPath).join('')
  return root + text + (path.length > 16 ? '…' : '')
}
