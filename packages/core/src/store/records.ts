import { SessionError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Identity, Session, SessionSummary } from '../contract/session.ts'
import type { SessionRecord, StoredTimes } from './backend.ts'
import { decodePayload, encodePayload } from './codec.ts'
import { identityKeyOf, nextVersion } from './session-id.ts'

/** A `Date` holds no later instant. */
const lastInstant = 8.64e15

/** What a caller wants stored, with every default in place and instants as epoch milliseconds. */
export interface SessionFields {
  readonly identity: Identity | null
  readonly data: object
  readonly createdAt: number
  readonly expiresAt: number
  readonly deadline: number | null
}

/** A session on its way to the backend. */
export interface EncodedSession {
  readonly record: SessionRecord
  /** Copies of what is in the record, to show the caller once it is stored. */
  readonly identity: Identity | null
  readonly data: JsonObject
}

/**
 * The record of a session, under a new version, with `expiresAt` no later than the deadline.
 * @throws `SESS_NOT_SERIALIZABLE` naming the path, `SESS_TOO_LARGE`, `TypeError` for an identity or data of another shape
 */
export function encodeSession(key: string, session: SessionFields, maxBytes: number): EncodedSession {
  const { createdAt, expiresAt, deadline } = session
  const { payload, identity, data } = encodePayload(session.identity, session.data, maxBytes)
  const record = {
    key,
    version: nextVersion(),
    createdAt,
    expiresAt: deadline === null ? expiresAt : Math.min(expiresAt, deadline),
    deadline,
    payload,
    identityKey: identity === null ? null : identityKeyOf(identity),
  }
  return { record, identity, data }
}

/** The session that was stored; `times` are those that the backend told, where they may differ from the record's. */
export function storedSession<Data extends object>(
  id: string,
  { record, identity, data }: EncodedSession,
  times: StoredTimes = record,
): Session<Data> {
  const { createdAt, expiresAt, deadline } = times
  return {
    id,
    identity,
    data: data as unknown as Data,
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    deadline: deadline === null ? null : new Date(deadline),
    version: record.version,
  }
}

/** The session that a record holds. @throws `SESS_CORRUPT` where sess did not write it */
export function decodeSession<Data extends object>(id: string, record: SessionRecord): Session<Data> {
  const { createdAt, expiresAt, deadline } = record
  if (!isInstant(createdAt) || !isInstant(expiresAt) || !(deadline === null || isInstant(deadline))) {
    throw new SessionError('SESS_CORRUPT', 'an instant of this session was not written by sess')
  }
  if (record.version === '')
    throw new SessionError('SESS_CORRUPT', 'the version of this session was not written by sess')
  const { identity, data } = decodePayload(record.payload)
  return storedSession(id, { record, identity, data })
}

/** The session that a record holds, without its id. @throws `SESS_CORRUPT` where sess did not write it */
export function decodeSummary<Data extends object>(handle: string, record: SessionRecord): SessionSummary<Data> {
  const { id: _none, ...fields } = decodeSession<Data>('', record)
  return { handle, ...fields }
}

/** True for what a `Date` holds as it is: a whole number of epoch milliseconds. */
export function isInstant(ms: unknown): ms is number {
  return Number.isInteger(ms) && Math.abs(ms as number) <= lastInstant
}
