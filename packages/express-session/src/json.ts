export type { JsonObject, JsonValue } from '@sess/core'

import type { JsonObject, JsonValue } from '@sess/core'

export function parse(text: string): JsonValue {
  return JSON.parse(text) as JsonValue
}

/**
 * The top-level keys of a session, each with its value's JSON text. JSON decides what is stored, as it does with every store
 * of these frameworks: a Date is its text, `undefined` is nothing, `toJSON` is asked.
 */
export type Texts = ReadonlyMap<string, string>

/** @throws `TypeError` for a cycle or a BigInt, and whatever a `toJSON` throws */
export function textsOf(session: object): Texts {
  const { toJSON } = session as { toJSON?: unknown }
  const fields: unknown = typeof toJSON === 'function' ? toJSON.call(session) : session
  const texts = new Map<string, string>()
  if (typeof fields !== 'object' || fields === null) return texts
  for (const key of Object.keys(fields)) {
    // Neither framework gives a `__proto__` back; the cookie is looked at apart.
    if (key === 'cookie' || key === '__proto__') continue
    const text = textOf(key, (fields as Record<string, unknown>)[key])
    if (text !== undefined) texts.set(key, text)
  }
  return texts
}

function textOf(key: string, value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null && typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return JSON.stringify((value as { toJSON(key: string): unknown }).toJSON(key))
  }
  return JSON.stringify(value)
}

/** The data that these texts are of. */
export function dataOf(texts: Texts): JsonObject {
  const entries: string[] = []
  for (const [key, text] of texts) entries.push(`${JSON.stringify(key)}:${text}`)
  return parse(`{${entries.join()}}`) as JsonObject
}

/** What became of each key between two states of a session; undefined for one that is gone. */
export type Changes = ReadonlyMap<string, string | undefined>

export function changesBetween(before: Texts, after: Texts): Changes {
  const changes = new Map<string, string | undefined>()
  for (const [key, text] of after) if (before.get(key) !== text) changes.set(key, text)
  for (const key of before.keys()) if (!after.has(key)) changes.set(key, undefined)
  return changes
}

/** These texts with the changes. */
export function withChanges(texts: Texts, changes: Changes): Texts {
  if (changes.size === 0) return texts
  const changed = new Map(texts)
  for (const [key, text] of changes) {
    if (text === undefined) changed.delete(key)
    else changed.set(key, text)
  }
  return changed
}
