import type { JsonObject, JsonValue } from '../../../src/contract/json.ts'
import { ReferenceStore } from '../reference-store.ts'
import { broken } from './broken-store.ts'

/** What becomes of data that is read by an engine that takes a key with an escape for an earlier one that is a backslash. */
function misread(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(misread)
  const keyOf = (key: string) => (JSON.stringify(key).startsWith('"\\') ? '\\' : key)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [keyOf(key), misread(inner)]))
}

/** True where an array or an object inside is not of this realm. */
function isForeign(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return !(value instanceof Object) || Object.values(value).some(isForeign)
}

/** How the JSON text of a session is read, and which objects are plain. */
export const brokenJsonTexts = [
  broken(
    'a key that begins with an escape is read as a backslash',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        return misread(super.checkData(data)) as JsonObject
      }
    },
    {
      'json-texts/keys-with-an-escape-are-their-own': /is as it was/,
      'json-texts/keys-with-an-escape-in-states': /is as it was/,
    },
  ),
  broken(
    'plain is what the realm of the store made',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        if (isForeign(data)) throw new TypeError('data must be a plain object')
        return super.checkData(data)
      }
    },
    {
      'json-texts/data-of-another-realm': /kept or SESS_NOT_SERIALIZABLE, got TypeError/,
      'json-texts/data-that-is-all-of-another-realm': /kept or SESS_NOT_SERIALIZABLE, got TypeError/,
    },
  ),
]
