import { SessionError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Identity, Session, SessionSummary } from '../contract/session.ts'
import type { SessionRecord } from './backend.ts'
import { decodePayload, encodePayload } from './codec.ts'
import { identityKeyOf, nextVersion } from './session-id.ts'

/** A `Date` holds no later instant. */
const lastInstant = 8.64e15

/**
 * The record of a session, under a new version, with `expiresAt` no later than the deadline.
 * @throws `SESS_NOT_SERIALIZABLE` naming the path, `SESS_TOO_LARGE`, `TypeError` for an identity or data of another shape
 */
export function encodeRecord(
  key: string,
  session: {
    identity: Identity | null
    data: JsonObject
    createdAt: number
    expiresAt: number
    deadline: number | null
  },
  maxBytes: number,
): SessionRecord {
  const { identity, data, createdAt, expiresAt, deadline } = session
  return {
    key,
    version: nextVersion(),
    createdAt,
    expiresAt: deadline === null ? expiresAt : Math.min(expiresAt, deadline),
    deadline,
    payload: encodePayload(identity, data, maxBytes),
    identityKey: identity === null ? null : identityKeyOf(identity),
  }
}

/** The session that a record holds. @throws `SESS_CORRUPT` where sess did not write it */
export function decodeSession<Data extends JsonObject>(id: string, record: SessionRecord): Session<Data> {
  return { id, ...decodeFields<Data>(record) }
}

/** The session that a record holds, without its id. @throws `SESS_CORRUPT` where sess did not write it */
export function decodeSummary<Data extends JsonObject>(handle: string, record: SessionRecord): SessionSummary<Data> {
  return { handle, ...decodeFields<Data>(record) }
}

function decodeFields<Data extends JsonObject>(record: SessionRecord): Omit<Session<Data>, 'id'> {
  const { identity, data } = decodePayload(record.payload)
  return {
    identity,
    data: data as Data,
    createdAt: instantOf(record.createdAt),
    expiresAt: instantOf(record.expiresAt),
    deadline: record.deadline === null ? null : instantOf(record.deadline),
    version: record.version,
  }
}

function instantOf(ms: number): Date {
  if (!(Math.abs(ms) <= lastInstant))
    throw new SessionError('SESS_CORRUPT', 'an instant of this session was not written by sess')
  return new Date(ms)
}
