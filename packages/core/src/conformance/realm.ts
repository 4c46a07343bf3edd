import { types } from 'node:util'

/**
 * The value with arrays, plain objects and dates of another realm replaced by ones of this realm. Under jest a store may
 * give such: what Node itself makes is not from the realm of the test. Everything else stays what it is.
 */
export function inThisRealm(value: unknown, copies = new Map<unknown, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) return filled(value, isForeign(value, Array.prototype) ? [] : sibling(value), copies)
  if (types.isDate(value)) return isForeign(value, Date.prototype) ? new Date(value) : value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return filled(value, {}, copies)
  return isForeignRoot(prototype) ? filled(value, {}, copies) : value
}

/** An array like this one: of its own class and length, holes included. */
function sibling(list: readonly unknown[]): unknown[] {
  const copy = new Array<unknown>(list.length)
  return Object.setPrototypeOf(copy, Object.getPrototypeOf(list)) as unknown[]
}

function filled<T extends object>(value: object, copy: T, copies: Map<unknown, unknown>): T {
  copies.set(value, copy)
  for (const name of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, name) as PropertyDescriptor
    if ('value' in property) property.value = inThisRealm(property.value, copies)
    if (!(Array.isArray(copy) && name === 'length')) Object.defineProperty(copy, name, property)
    else copy.length = property.value as number
  }
  return copy
}

/** Whether the value has the built-in prototype of that name, of another realm. */
function isForeign(value: object, own: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (typeof prototype !== 'object' || prototype === null || prototype === own) return false
  return isForeignRoot(Object.getPrototypeOf(prototype))
}

/** Whether it is the `Object.prototype` of another realm. */
function isForeignRoot(prototype: unknown): boolean {
  if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype) return false
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty')
}
