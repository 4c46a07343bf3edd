import { timingSafeEqual } from 'node:crypto'
import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { ConsumedState } from '../contract/session-store.ts'
import type { StateRecord } from './backend.ts'
import { isObject, parse, withinLimit } from './codec.ts'
import { copyJson, stringifyJson } from './json-copy.ts'
import { sha256 } from './session-id.ts'

/** How a state lies at rest. The User-Agent is there as its SHA-256, all of one length for the comparison. */
interface StatePayload {
  createdAt: number
  userAgent: string | null
  data: JsonObject
}

/** @throws `SESS_NOT_SERIALIZABLE` naming the path, `SESS_TOO_LARGE`, `TypeError` for data that is no object */
export function encodeState(
  data: JsonObject,
  userAgent: string | undefined,
  createdAt: number,
  maxBytes: number,
): string {
  if (!isObject(data)) throw invalidArgument('data is a plain object')
  const boundTo = userAgent === undefined ? null : sha256(userAgent)
  return withinLimit(stringifyJson({ createdAt, userAgent: boundTo, data: copyJson(data, 'data') }), maxBytes)
}

/** What a taken state gives to a caller with this User-Agent. @throws `SESS_CORRUPT` where sess did not write it */
export function openState(
  record: StateRecord | null,
  userAgent: string | undefined,
  now: number,
): ConsumedState | null {
  if (record === null || record.expiresAt <= now) return null
  const payload = parse(record.payload) as StatePayload | undefined
  if (!isObject(payload) || !isObject(payload.data) || !Number.isSafeInteger(payload.createdAt)) {
    throw new SessionError('SESS_CORRUPT', 'what is stored for this state was not written by sess')
  }
  const { createdAt, userAgent: boundTo, data } = payload
  if (boundTo !== null && !isSameAgent(boundTo, userAgent)) return null
  return { data, createdAt: new Date(createdAt) }
}

function isSameAgent(boundTo: string, userAgent: string | undefined): boolean {
  const expected = Buffer.from(boundTo)
  const actual = Buffer.from(sha256(userAgent ?? ''))
  return userAgent !== undefined && expected.length === actual.length && timingSafeEqual(expected, actual)
}
