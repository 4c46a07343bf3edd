import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import { keyInMessage, stepInPath } from '../contract/key-in-path.ts'
import type { Identity } from '../contract/session.ts'
import { copyJson, stringifyJson } from './json-copy.ts'
import { parseJson } from './json-parse.ts'

/** A session's payload at rest: one JSON text, of the form `{"identity":…,"data":…}`. */
export interface DecodedPayload {
  identity: Identity | null
  data: JsonObject
}

const payloadKeys: ReadonlySet<string> = new Set(['identity', 'data'])
const identityKeys: ReadonlySet<string> = new Set(['providerId', 'externalId', 'email', 'username', 'attributes'])

/** A payload, and copies of what is in it as it will be loaded again. */
export interface EncodedPayload extends DecodedPayload {
  readonly payload: string
}

/**
 * The payload of a session, taken at the call: what the caller alters later is in neither the text nor the copies.
 * @throws `SESS_NOT_SERIALIZABLE` naming the path, `SESS_TOO_LARGE`, `TypeError` for an identity or data of another shape
 */
export function encodePayload(identity: Identity | null, data: object, maxBytes: number): EncodedPayload {
  const copied = {
    identity: identity === null ? null : copyIdentity(identity, maxBytes),
    data: copyData(data, maxBytes),
  }
  return { payload: stringifyJson(copied, maxBytes), ...copied }
}

/** A copy of the caller's data. @throws as {@link encodePayload} does */
export function copyData(data: object, maxBytes: number): JsonObject {
  if (!isObject(data)) throw invalidArgument('data must be a plain object', 'type')
  return copyJson(data, 'data', maxBytes) as JsonObject
}

/** @throws `SESS_CORRUPT` for a text that {@link encodePayload} did not write */
export function decodePayload(payload: string): DecodedPayload {
  const decoded = parseJson(payload) as DecodedPayload | undefined
  if (!isObject(decoded) || !hasOnly(decoded, payloadKeys) || !isObject(decoded.data)) throw corrupt()
  const { identity } = decoded
  if (identity === null) return decoded
  if (!isObject(identity) || !hasOnly(identity, identityKeys) || faultOfIdentity(identity) !== null) throw corrupt()
  identity.attributes ??= {}
  return decoded
}

function corrupt(): SessionError {
  return new SessionError('SESS_CORRUPT', 'what is stored for this session was not written by sess')
}

/** True for an object that has no other keys than these; it may lack some. */
export function hasOnly(object: object, keys: ReadonlySet<string>): boolean {
  for (const key in object) if (!keys.has(key) && Object.hasOwn(object, key)) return false
  return true
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** In the form in which it is loaded again: fields that are undefined are absent, and attributes are there. */
function copyIdentity(identity: Identity, maxBytes: number): Identity {
  if (!isObject(identity)) throw invalidArgument('identity must be an object or null', 'type')
  const fault = faultOfIdentity(identity)
  if (fault !== null) throw invalidArgument(fault, 'type')
  for (const key in identity) {
    if (!identityKeys.has(key) && Object.hasOwn(identity, key)) {
      throw new SessionError(
        'SESS_NOT_SERIALIZABLE',
        `identity.${keyInMessage(key)}: an identity has no such field; attributes takes texts of your own`,
      )
    }
  }
  const { providerId, externalId, email, username, attributes } = identity as Identity
  const copied: Identity = { providerId, externalId }
  if (email !== undefined) copied.email = email
  if (username !== undefined) copied.username = username
  // Its texts have been checked; what an object may have beside them has not.
  copied.attributes = attributes === undefined ? {} : copyJson(attributes, 'identity.attributes', maxBytes)
  return copied
}

/** What is wrong with the type of a field; null where nothing is. */
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
