import { timingSafeEqual } from 'node:crypto'
import { SessionError } from '../../contract/errors.ts'
import type { JsonObject } from '../../contract/json.ts'
import type { ConsumedState } from '../../contract/method-options.ts'
import type { StateRecord } from '../backend.ts'
import { copyData, isInstant, isObject } from './codec.ts'
import { stringifyJson } from './json-copy.ts'
import { parseJson } from './json-parse.ts'
import { sha256 } from './session-id.ts'

/** The payload of a state. It holds the SHA-256 of the User-Agent, so that all have one length for the comparison. */
interface StatePayload {
  createdAt: number
  userAgent: string | null
  data: JsonObject
}

/** @throws `SESS_NOT_SERIALIZABLE` naming the path, `SESS_TOO_LARGE`, `TypeError` for data that is no object */
export function encodeState(data: object, userAgent: string | undefined, createdAt: number, maxBytes: number): string {
  const boundTo = userAgent === undefined ? null : sha256(userAgent)
  return stringifyJson({ createdAt, userAgent: boundTo, data: copyData(data, maxBytes) }, maxBytes)
}

/** Opens a consumed state for a caller with this User-Agent. @throws `SESS_CORRUPT` where sess did not write it */
export function openState(record: StateRecord, userAgent: string | undefined): ConsumedState | null {
  const payload = parseJson(record.payload)
  if (!isInstant(record.expiresAt) || !isStatePayload(payload)) {
    throw new SessionError('SESS_CORRUPT', 'the stored state was not written by sess, or was damaged')
  }
  const { createdAt, userAgent: boundTo, data } = payload
  if (boundTo !== null && !isSameAgent(boundTo, userAgent)) return null
  return { data, createdAt: new Date(createdAt) }
}

function isStatePayload(payload: unknown): payload is StatePayload {
  if (!isObject(payload)) return false
  const { createdAt, userAgent, data } = payload
  return isInstant(createdAt) && (userAgent === null || typeof userAgent === 'string') && isObject(data)
}

function isSameAgent(boundTo: string, userAgent: string | undefined): boolean {
  const expected = Buffer.from(boundTo)
  const actual = Buffer.from(sha256(userAgent ?? ''))
  return userAgent !== undefined && expected.length === actual.length && timingSafeEqual(expected, actual)
}
