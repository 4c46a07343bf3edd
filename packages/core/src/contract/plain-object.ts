/** True for an object literal, a parsed YAML or JSON object, and an object without a prototype, of any realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    isPlainPrototype(Object.getPrototypeOf(value))
  )
}

/** True for the `Object.prototype` of any realm, and for null. */
export function isPlainPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

/** True for the `Array.prototype` of any realm, which is an array itself. The prototype of a subclass is not. */
export function isPlainArrayPrototype(prototype: object | null): boolean {
  if (prototype === Array.prototype) return true
  return Array.isArray(prototype) && isPlainPrototype(Object.getPrototypeOf(prototype))
}
