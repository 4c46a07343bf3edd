import { SessionError } from '../contract/errors.ts'

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

/** Set by the walk for the text that follows: JSON.stringify writes -0 as 0, so a value that has one takes a slower way. */
let hasNegativeZero = false

const rawJSON: (text: string) => unknown = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/**
 * A copy of a value that JSON carries unchanged. One walk checks and copies: that is faster than to parse the text again
 * where the caller needs to see what was written.
 * @throws `SESS_NOT_SERIALIZABLE` naming the path, under `root`, of the first value that JSON would lose or change
 */
export function copyJson<T>(given: T, root: string): T {
  try {
    return copy(given, 0) as T
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    throw new SessionError('SESS_NOT_SERIALIZABLE', `${formatPath(root, error.path)}: ${error.reason}`)
  }
}

/** The JSON text of what {@link copyJson} has checked: it parses to a value deep-equal to it. */
export function stringifyJson(copied: unknown): string {
  if (!hasNegativeZero) return JSON.stringify(copied)
  hasNegativeZero = false
  return JSON.stringify(copied, (_key, inner: unknown) => (Object.is(inner, -0) ? rawJSON('-0') : inner))
}

function copy(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
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
  if (Object.getPrototypeOf(array) !== Array.prototype) {
    throw new JsonFault('an instance of a subclass of Array would become a plain array')
  }
  const copied: unknown[] = []
  for (let index = 0; index < array.length; index += 1) copied.push(copyWithin(index, array[index], depth))
  // A hole has been found as undefined by now, so any further key is a property beside the items.
  if (Object.keys(array).length !== array.length || hasSymbols(array)) {
    throw new JsonFault('an array with properties of its own would lose them')
  }
  return copied
}

function copyObject(object: object, depth: number): object {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype) throw new JsonFault(`${describePrototype(prototype)} is not a plain object`)
  if (typeof (object as { toJSON?: unknown }).toJSON === 'function' && !Object.keys(object).includes('toJSON')) {
    throw new JsonFault('a toJSON method would replace it')
  }
  // To spread it, and to go over it with for-in, takes a fraction of what it takes to read and add key after key.
  const copied: Record<string, unknown> = { ...object }
  for (const key in copied) {
    // It round-trips, and then bites whoever merges the loaded object into another.
    if (key === '__proto__') throw within(key, new JsonFault('this key is never stored'))
    const value = copied[key]
    if (typeof value === 'string' || !Object.hasOwn(copied, key)) continue
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

function describePrototype(prototype: unknown): string {
  if (prototype === null) return 'an object without prototype'
  const name = (prototype as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `an instance of ${name}`
    : 'an object with a prototype of its own'
}

const plainKey = /^[A-Za-z_$][\w$]*$/

/** `data.cart[3].when`, with keys that are no identifiers in quotes. */
function formatPath(root: string, path: readonly (string | number)[]): string {
  // A cycle has gone around hundreds of times: the way in tells enough.
  const text = path.slice(0, 16).map(formatKey).join('')
  return root + text + (path.length > 16 ? '…' : '')
}

function formatKey(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`
  return plainKey.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 64))}]`
}
