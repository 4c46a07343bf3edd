import { invalidArgument, SessionError } from '../../contract/errors.ts'
import type { JsonObject } from '../../contract/json.ts'
import { keyInMessage, stepInPath } from '../../contract/key-in-path.ts'
import type { Identity } from '../../contract/session.ts'
import { copyJson } from './json-copy.ts'
import { parseJson } from './json-parse.ts'

/**
 * A session's payload at rest: JSON of the form `{"identity":…,"data":…}`, with `"at"` where somebody signed in, and with
 * `"id"` where ids are kept plain. The decoder ignores fields that a later version adds.
 */
export interface DecodedPayload {
  identity: Identity | null
  data: JsonObject
  /** When the person signed in, in epoch ms. Left out: never. */
  at?: number
  /** The session's id, where ids are kept plain. */
  id?: string
}

const identityKeys: ReadonlySet<string> = new Set(['providerId', 'externalId', 'email', 'username', 'attributes'])

/** Copies the caller's data. @throws as {@link copyJson} does, and `TypeError` where it is not an object */
export function copyData(data: object, maxBytes: number): JsonObject {
  if (!isObject(data)) throw invalidArgument('data must be a plain object', 'type')
  return copyJson(data, 'data', maxBytes) as JsonObject
}

/** Decodes a payload. @throws `SESS_CORRUPT` for one that sess did not write */
export function decodePayload(payload: string): DecodedPayload {
  const decoded = parseJson(payload) as DecodedPayload | undefined
  if (!isObject(decoded) || !isObject(decoded.data)) throw corrupt()
  const { identity, at } = decoded
  if (at !== undefined && !isInstant(at)) throw corrupt()
  if (identity === null) return decoded
  if (!isObject(identity) || !hasOnly(identity, identityKeys) || faultOfIdentity(identity) !== null) throw corrupt()
  identity.attributes ??= {}
  return decoded
}

function corrupt(): SessionError {
  return new SessionError('SESS_CORRUPT', 'the stored session was not written by sess, or was damaged')
}

/** True for an object whose keys are all among these. */
export function hasOnly(object: object, keys: ReadonlySet<string>): boolean {
  for (const key in object) if (!keys.has(key) && Object.hasOwn(object, key)) return false
  return true
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The latest instant that a `Date` holds. */
const lastInstant = 8.64e15

/** True for a number that a `Date` holds unchanged: whole epoch milliseconds. */
export function isInstant(ms: unknown): ms is number {
  return Number.isInteger(ms) && Math.abs(ms as number) <= lastInstant
}

/**
 * Copies the caller's identity into the form in which it will be loaded: without undefined fields, and with attributes.
 * @throws `SESS_NOT_SERIALIZABLE` naming the path, `TypeError` for an identity of another shape
 */
export function copyIdentity(identity: Identity, maxBytes: number): Identity {
  if (!isObject(identity)) throw invalidArgument('identity must be an object or null', 'type')
  const fault = faultOfIdentity(identity)
  if (fault !== null) throw invalidArgument(fault + wrongNames(identity) + howToName(identity), 'type')
  for (const key in identity) {
    if (!identityKeys.has(key) && Object.hasOwn(identity, key)) {
      const right = rightName(key, identityKeys)
      throw new SessionError(
        'SESS_NOT_SERIALIZABLE',
        `identity.${keyInMessage(key)}: an identity has no such field${right === null ? '' : `, did you mean ${right}?`}; strings of your own belong in attributes`,
      )
    }
  }
  const { providerId, externalId, email, username, attributes } = identity as Identity
  const copied: Identity = { providerId, externalId }
  if (email !== undefined) copied.email = email
  if (username !== undefined) copied.username = username
  // The strings are checked. Whatever else the object may hold is not.
  copied.attributes = attributes === undefined ? {} : copyJson(attributes, 'identity.attributes', maxBytes)
  return copied
}

/** Returns a message for the first field of a wrong type; null where all are right. */
function faultOfIdentity({
  providerId,
  externalId,
  email,
  username,
  attributes,
}: Record<string, unknown>): string | null {
  if (typeof providerId !== 'string') return 'identity.providerId must be a string'
  if (typeof externalId !== 'string') return 'identity.externalId must be a string'
  if (email !== undefined && typeof email !== 'string') return 'identity.email must be a string, or left out'
  if (username !== undefined && typeof username !== 'string') return 'identity.username must be a string, or left out'
  if (attributes === undefined) return null
  if (!isObject(attributes)) return 'identity.attributes must be an object of strings, or left out'
  for (const key in attributes) {
    if (typeof attributes[key] !== 'string' && Object.hasOwn(attributes, key)) {
      return `identity.attributes${stepInPath(key)} must be a string`
    }
  }
  return null
}

/** Returns the camelCase name of a field that another system writes in snake_case; null for any other name. */
export function rightName(key: string, known: ReadonlySet<string>): string | null {
  const camelCase = key.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
  return camelCase !== key && known.has(camelCase) ? camelCase : null
}

/** Returns the right names of snake_case fields, for a message. */
function wrongNames(identity: object): string {
  return Object.keys(identity)
    .filter((key) => rightName(key, identityKeys) !== null)
    .map((key) => `; ${key} must be written ${rightName(key, identityKeys)}`)
    .join('')
}

/** Returns a hint for users of systems that identify a person by a name alone; empty where it does not apply. */
function howToName({ providerId, externalId, username, email }: Record<string, unknown>): string {
  if (providerId !== undefined || externalId !== undefined || (username ?? email) === undefined) return ''
  const name = username === undefined ? 'email' : 'username'
  return `; ${name} alone does not say who somebody is: give a directory of your own a name, { providerId: 'local', externalId: ${name}, ${name} }`
}
