import { SessionError } from '../contract/errors.ts'

/** What in a value JSON would lose or change, and where. */
interface JsonFault {
  /** From the outermost key to the innermost. */
  readonly path: (string | number)[]
  readonly reason: string
}

/** JSON.stringify and JSON.parse recurse; so does this. Session data is nowhere near it, a cycle always is. */
const maxDepth = 500

const plainKey = /^[A-Za-z_$][\w$]*$/

/** `data.cart[3].when`, with keys that are no identifiers in quotes. */
function formatPath(root: string, path: readonly (string | number)[]): string {
  // A cycle has gone around hundreds of times: the way in tells enough.
  const text = path
    .slice(0, 16)
    .map((key) =>
      typeof key === 'number' ? `[${key}]` : plainKey.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 64))}]`,
    )
    .join('')
  return root + text + (path.length > 16 ? '…' : '')
}

/** Set by the walk: JSON.stringify writes -0 as 0, so a value that has one takes a slower way. */
let hasNegativeZero = false

const rawJSON: (text: string) => unknown = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/**
 * The JSON text that parses to a value deep-equal to this one.
 * @throws `SESS_NOT_SERIALIZABLE` naming the path, under `root`, of the first value for which there is none
 */
export function toJsonText(value: unknown, root: string): string {
  hasNegativeZero = false
  const found = findJsonFault(value, 0)
  if (found !== null)
    throw new SessionError('SESS_NOT_SERIALIZABLE', `${formatPath(root, found.path)}: ${found.reason}`)
  return hasNegativeZero
    ? JSON.stringify(value, (_key, inner: unknown) => (Object.is(inner, -0) ? rawJSON('-0') : inner))
    : JSON.stringify(value)
}

function findJsonFault(value: unknown, depth: number): JsonFault | null {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null
    case 'number':
      if (value === 0 && Object.is(value, -0)) hasNegativeZero = true
      return Number.isFinite(value) ? null : fault(`${value} is not a JSON number`)
    case 'object':
      if (value === null) return null
      if (depth > maxDepth) return fault(`a cycle, or nesting deeper than ${maxDepth} levels`)
      return Array.isArray(value) ? faultInArray(value, depth) : faultInObject(value, depth)
    default:
      return fault(`${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`} has no JSON form`)
  }
}

function faultInArray(array: unknown[], depth: number): JsonFault | null {
  if (Object.getPrototypeOf(array) !== Array.prototype)
    return fault('an instance of a subclass of Array would become a plain array')
  for (let index = 0; index < array.length; index += 1) {
    const inner = findJsonFault(array[index], depth + 1)
    if (inner !== null) return within(index, inner)
  }
  // A hole has been found as undefined by now, so any further key is a property beside the items.
  return Object.keys(array).length === array.length && noSymbols(array)
    ? null
    : fault('an array with properties of its own would lose them')
}

function faultInObject(object: object, depth: number): JsonFault | null {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype) return fault(`${describePrototype(prototype)} is not a plain object`)
  for (const key of Object.keys(object)) {
    // It round-trips, and then bites whoever merges the loaded object into another.
    if (key === '__proto__') return within(key, fault('this key is never stored'))
    const inner = findJsonFault((object as Record<string, unknown>)[key], depth + 1)
    if (inner !== null) return within(key, inner)
  }
  if (typeof (object as { toJSON?: unknown }).toJSON === 'function') return fault('a toJSON method would replace it')
  return noSymbols(object) ? null : fault('a symbol key has no JSON form')
}

function noSymbols(object: object): boolean {
  return Object.getOwnPropertySymbols(object).length === 0
}

function describePrototype(prototype: unknown): string {
  if (prototype === null) return 'an object without prototype'
  const name = (prototype as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `an instance of ${name}`
    : 'an object with a prototype of its own'
}

function fault(reason: string): JsonFault {
  return { path: [], reason }
}

function within(key: string | number, inner: JsonFault): JsonFault {
  inner.path.unshift(key)
  return inner
}
