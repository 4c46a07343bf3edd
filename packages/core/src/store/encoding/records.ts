import { SessionError } from '../../contract/errors.ts'
import type { Identity, Session } from '../../contract/session.ts'
import type { SessionRecord, StoredTimes } from '../backend.ts'
import { isInstant } from './codec.ts'
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

/** A session's record, and what is in it as the caller sees it. */
export interface EncodedSession {
  readonly record: SessionRecord
  readonly identity: Identity | null
  readonly data: object
  readonly authenticatedAt: number | null
}

/** The session that is stored; `times` are those that the backend told, where they may differ from the record's. */
export function storedSession<Data extends object>(
  id: string,
  handle: string,
  { record, identity, data, authenticatedAt }: EncodedSession,
  defaultTtlMs: number,
  times: StoredTimes = record,
): Session<Data> {
  const { createdAt, expiresAt, ttlMs, deadline } = times
  return {
    id,
    handle,
    identity,
    data: data as Data,
    createdAt: new Date(createdAt),
    lastSeenAt: new Date(record.lastSeenAt ?? createdAt),
    authenticatedAt: authenticatedAt === null ? null : new Date(authenticatedAt),
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
