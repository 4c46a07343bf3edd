import { type JsonObject, type JsonText, jsonText } from '@sess/core'

export { type JsonObject, type JsonText, jsonText } from '@sess/core'

/**
 * What a session stores beside its cookie. JSON decides that, as with every store of these frameworks: a Date is its text,
 * `undefined` is nothing, `toJSON` is asked.
 * @throws `TypeError` for a cycle or a BigInt, and whatever a `toJSON` throws
 */
export function fieldsOf(session: object): JsonText {
  const { toJSON } = session as { toJSON?: unknown }
  const source: unknown = typeof toJSON === 'function' ? toJSON.call(session) : session
  if (typeof source !== 'object' || source === null) return jsonText({})
  const { cookie: _lookedAtApart, ...fields } = source as Record<string, unknown>
  // Neither framework gives a `__proto__` back, and a function that JSON would ask once more is no field.
  if (Object.hasOwn(fields, '__proto__')) Reflect.deleteProperty(fields, '__proto__')
  if (typeof fields.toJSON === 'function') delete fields.toJSON
  return jsonText(fields)
}

/** What became of each key between two states of a session; undefined for one that is gone. */
export type Changes = ReadonlyMap<string, unknown>

export function changesBetween(before: JsonText, after: JsonText): Changes {
  const changes = new Map<string, unknown>()
  if (before.text === after.text) return changes
  const [old, now] = [before.parse(), after.parse()]
  for (const [key, value] of Object.entries(now)) {
    if (JSON.stringify(old[key]) !== JSON.stringify(value)) changes.set(key, value)
  }
  for (const key of Object.keys(old)) if (!Object.hasOwn(now, key)) changes.set(key, undefined)
  return changes
}

/** Makes the changes of an object. */
export function apply(changes: Changes, data: JsonObject): void {
  for (const [key, value] of changes) {
    if (value === undefined) delete data[key]
    else data[key] = value as JsonObject[string]
  }
}
