import { SessionError } from '../../contract/errors.ts'
import { stepInPath } from '../../contract/key-in-path.ts'
import { isPlainArrayPrototype, isPlainPrototype } from '../../contract/plain-object.ts'

/** What in a value JSON would lose or change, and where: from the outermost key to the innermost. */
class JsonFault {
  readonly path: (string | number)[] = []
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** JSON.stringify and JSON.parse recurse; so does this. Session data is nowhere near it, a cycle always is. */
const maxDepth = 500

/** The least that a key and its value come to: two quotes, a colon, a comma, a digit. */
const bytesOfEntry = 5
/** Enumerable keys that careless libraries may have added to every object: they come up in a for-in too. */
const foreignKeys = 1_000

/** Set by the walk for the text that follows: JSON.stringify writes -0 as 0, so a value that has one takes a slower way. */
let hasNegativeZero = false
/** How many bytes the text may still have. The walk counts the least that each value comes to, and ends once there is no room. */
let room = 0
let maxBytes = 0

const rawJSON: (text: string) => unknown = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/**
 * A copy of a value that JSON carries unchanged. One walk checks and copies: that is faster than to parse the text again
 * where the caller needs to see what was written. A value that comes to more than `limit` bytes is not walked to its end.
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
    // A getter in the value may have called a store.
    room = around.room
    maxBytes = around.maxBytes
  }
}

/**
 * The JSON text of what {@link copyJson} has checked: it parses to a value deep-equal to it.
 * @throws `SESS_TOO_LARGE` for a text of more than `limit` bytes of UTF-8
 */
export function stringifyJson(copied: unknown, limit = Number.POSITIVE_INFINITY): string {
  const text = stringify(copied, limit)
  // A UTF-16 unit is one to three bytes, so most texts need no counting.
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
    // No string of V8 has more than 512 MB.
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
  // A hole has been found as undefined by now, so any further key is a property beside the items.
  if (Object.keys(array).length !== array.length || hasSymbols(array)) {
    throw new JsonFault('an array with properties of its own would lose them')
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
  // To count the keys of a million takes a fraction of what it takes to copy them.
  let keys = -foreignKeys
  for (const _key in object) keys += 1
  if (keys * bytesOfEntry > room) throw tooLarge(maxBytes)
  // To spread it, and to go over it with for-in, takes a fraction of what it takes to read and add key after key.
  const copied: Record<string, unknown> = { ...object }
  for (const key in copied) {
    // It round-trips, and then bites whoever merges the loaded object into another.
    if (key === '__proto__') throw within(key, new JsonFault('this key is never stored'))
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
  return new JsonFault('a toJSON method would replace it')
}

function describePrototype(prototype: object | null): string {
  if (prototype === null) return 'an object without prototype'
  const name = (prototype as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `an instance of ${name}`
    : 'an object with a prototype of its own'
}

/** `data.cart[3].when`, with keys that are no identifiers in quotes. */
function formatPath(root: string, path: readonly (string | number)[]): string {
  // A cycle has gone around hundreds of times: the way in tells enough.
  const text = path.slice(0, 16).map(stepInPath).join('')
  return root + text + (path.length > 16 ? '…' : '')
}
