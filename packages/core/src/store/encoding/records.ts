import { SessionError } from '../../contract/errors.ts'
import type { Identity, Session } from '../../contract/session.ts'
import type { ChangedRecord, SessionRecord, StoredTimes } from '../backend.ts'
import { type DecodedPayload, isInstant } from './codec.ts'
import { givenExpiry } from './given-expiry.ts'

/** What a caller wants stored, with every default in place and instants as epoch milliseconds. */
export interface SessionFields {
  readonly identity: Identity | null
  readonly data: object
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly authenticatedAt: number | null
  readonly expiresAt: number
  readonly ttlMs: number
  readonly deadline: number | null
}

/** A session that is encoded but for the key under which it will lie: a seal covers that, and a plain id is in the payload. */
export interface PreparedSession {
  readonly fields: SessionFields
  readonly payload: DecodedPayload
  /** The payload's JSON, where it is the same under every key. */
  readonly json: string | null
  readonly maxBytes: number
}

/** A session's record, and what is in it as the caller sees it. */
export interface EncodedSession {
  readonly record: SessionRecord
  readonly payload: DecodedPayload
}

/** The session that is stored; `times` are those that the backend told, where they may differ from the record's. */
export function storedSession<Data extends object>(
  id: string,
  handle: string,
  record: SessionRecord,
  { identity, data, at }: DecodedPayload,
  defaultTtlMs: number,
  { createdAt, expiresAt, ttlMs, deadline }: StoredTimes = record,
): Session<Data> {
  return {
    id,
    handle,
    identity,
    data: data as unknown as Data,
    createdAt: new Date(createdAt),
    lastSeenAt: new Date(record.lastSeenAt ?? createdAt),
    authenticatedAt: at === undefined ? null : new Date(at),
    expiresAt: givenExpiry(expiresAt),
    ttlMs: ttlMs ?? defaultTtlMs,
    deadline: deadline === null ? null : new Date(deadline),
    version: record.version,
  }
}

/** @throws `SESS_CORRUPT` for a record with a number or a version that sess did not write */
export function checkRecord({ createdAt, lastSeenAt, expiresAt, ttlMs, deadline, version }: SessionRecord): void {
  const areInstants =
    isInstant(createdAt) &&
    isInstant(expiresAt) &&
    (lastSeenAt === null || isInstant(lastSeenAt)) &&
    (deadline === null || isInstant(deadline))
  if (!areInstants || !(ttlMs === null || (Number.isSafeInteger(ttlMs) && ttlMs > 0))) {
    throw new SessionError('SESS_CORRUPT', 'a time of this session was not written by sess')
  }
  if (version === '') throw new SessionError('SESS_CORRUPT', 'the version of this session was not written by sess')
}

/** The record as it is written over a stored one. It names its fields one by one, which takes half of the time of a spread. */
export function changedRecord(
  record: SessionRecord,
  keepsExpiry: boolean,
  expiresAt: number = record.expiresAt,
): ChangedRecord {
  const { key, version, createdAt, lastSeenAt, ttlMs, deadline, identityKey, payload } = record
  return { key, version, createdAt, lastSeenAt, expiresAt, keepsExpiry, ttlMs, deadline, identityKey, payload }
}
