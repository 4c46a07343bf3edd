import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Identity } from '../contract/session.ts'
import { copyJson, stringifyJson } from './json-copy.ts'

/** A session's payload at rest: one JSON text, of the form `{"identity":…,"data":…}`. */
export interface DecodedPayload {
  identity: Identity | null
  data: JsonObject
}

const identityKeys: ReadonlySet<string> = new Set(['providerId', 'externalId', 'email', 'username', 'attributes'])

/** A payload, and copies of what is in it as it will be loaded again. */
export interface EncodedPayload extends DecodedPayload {
  readonly payload: string
}

/**
 * The payload of a session, taken at the call: what the caller alters later is in neither the text nor the copies.
 * @throws `SESS_NOT_SERIALIZABLE` naming the path, `SESS_TOO_LARGE`, `TypeError` for an identity or data of another shape
 */
export function encodePayload(identity: Identity | null, data: JsonObject, maxBytes: number): EncodedPayload {
  if (!isObject(data)) throw invalidArgument('data is a plain object')
  const copied = { identity: identity === null ? null : copyIdentity(identity), data: copyJson(data, 'data') }
  return { payload: withinLimit(stringifyJson(copied), maxBytes), ...copied }
}

/** @throws `SESS_TOO_LARGE` for a text of more than `maxBytes` bytes of UTF-8 */
export function withinLimit(text: string, maxBytes: number): string {
  // A UTF-16 unit is one to three bytes, so most texts need no counting.
  if (text.length * 3 > maxBytes && (text.length > maxBytes || Buffer.byteLength(text) > maxBytes)) {
    throw new SessionError(
      'SESS_TOO_LARGE',
      `the encoded identity and data have more than maxBytes = ${maxBytes} bytes`,
    )
  }
  return text
}

/** @throws `SESS_CORRUPT` for a text that {@link encodePayload} did not write */
export function decodePayload(payload: string): DecodedPayload {
  const decoded = parse(payload) as DecodedPayload | undefined
  if (!isObject(decoded) || !isObject(decoded.data) || !(decoded.identity === null || isIdentity(decoded.identity))) {
    throw new SessionError('SESS_CORRUPT', 'what is stored for this session was not written by sess')
  }
  return decoded
}

/** The parsed JSON; undefined where the text is not JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** In the form in which it is loaded again: fields that are undefined are absent, and attributes are there. */
function copyIdentity(identity: Identity): Identity {
  if (!isIdentity(identity)) {
    throw invalidArgument(
      'an identity has the texts providerId and externalId, and may have the texts email and username and an object of texts, attributes',
    )
  }
  for (const key in identity) {
    if (!identityKeys.has(key) && Object.hasOwn(identity, key)) {
      throw new SessionError(
        'SESS_NOT_SERIALIZABLE',
        `identity.${key.slice(0, 64)}: an identity has no such field; attributes takes texts of your own`,
      )
    }
  }
  const { providerId, externalId, email, username, attributes } = identity
  const copied: Identity = { providerId, externalId }
  if (email !== undefined) copied.email = email
  if (username !== undefined) copied.username = username
  // Its texts have been checked; what an object may have beside them has not.
  copied.attributes = attributes === undefined ? {} : copyJson(attributes, 'identity.attributes')
  return copied
}

function isIdentity(value: unknown): value is Identity {
  return (
    isObject(value) &&
    typeof value.providerId === 'string' &&
    typeof value.externalId === 'string' &&
    isOptionalText(value.email) &&
    isOptionalText(value.username) &&
    (value.attributes === undefined ||
      (isObject(value.attributes) && Object.values(value.attributes).every((text) => typeof text === 'string')))
  )
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
