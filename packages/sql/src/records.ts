import type { ChangedRecord, RecordPage, SessionRecord, StateRecord, StoredTimes } from '@sess/core'
import { integerOf, textOf } from './answers.ts'
import type { SqlRow } from './dialect.ts'

/** A session as the row that INSERT and UPDATE take. */
export function sessionRow(record: SessionRecord): SqlRow {
  return {
    key: record.key,
    version: record.version,
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    deadline: record.deadline,
    ttl_ms: record.ttlMs,
    last_seen_at: record.lastSeenAt,
    identity_key: record.identityKey,
    payload: record.payload,
  }
}

/** A session as the row that is written over a stored one. */
export function changedRow(record: ChangedRecord): SqlRow {
  const { keepsExpiry, expiresAt } = record
  return {
    ...sessionRow(record),
    expires_at: keepsExpiry ? null : expiresAt,
    believed_expires_at: keepsExpiry ? expiresAt : null,
  }
}

export function stateRow(record: StateRecord): SqlRow {
  return { key: record.key, expires_at: record.expiresAt, payload: record.payload }
}

/** A session from a row of the `recordColumns`. @throws `SESS_UNAVAILABLE` where it is none */
export function sessionRecord(row: readonly unknown[]): SessionRecord {
  const [key, version, createdAt, expiresAt, deadline, ttlMs, lastSeenAt, identityKey, payload] = row
  return {
    key: textOf(key),
    version: textOf(version),
    createdAt: integerOf(createdAt),
    expiresAt: integerOf(expiresAt),
    deadline: deadline === null ? null : integerOf(deadline),
    ttlMs: ttlMs === null ? null : integerOf(ttlMs),
    lastSeenAt: lastSeenAt === null ? null : integerOf(lastSeenAt),
    identityKey: identityKey === null ? null : textOf(identityKey),
    payload: textOf(payload),
  }
}

/** The same, or why it cannot be read: one unreadable row leaves the others alone. */
export function sessionRecordOrError(row: readonly unknown[]): SessionRecord | Error {
  try {
    return sessionRecord(row)
  } catch (error) {
    return error as Error
  }
}

/** A page of records; one that cannot be read is an Error beside its key. */
export function recordPage(rows: readonly (readonly unknown[])[], cursor: string | null): RecordPage {
  const records = rows.map(sessionRecordOrError)
  const unreadableKeys = rows.filter((_row, index) => records[index] instanceof Error).map(([key]) => textOf(key))
  return { records, cursor, unreadableKeys }
}

/** A state from a row of all `stateColumns`. @throws `SESS_UNAVAILABLE` where it is none */
export function stateRecord(row: readonly unknown[]): StateRecord {
  const [key, expiresAt, payload] = row
  return { key: textOf(key), expiresAt: integerOf(expiresAt), payload: textOf(payload) }
}

/** The instants of a session from a row that begins with the `timesColumns`. @throws `SESS_UNAVAILABLE` where they are none */
export function storedTimes(row: readonly unknown[]): StoredTimes {
  const [, createdAt, expiresAt, deadline, ttlMs] = row
  return {
    createdAt: integerOf(createdAt),
    expiresAt: integerOf(expiresAt),
    deadline: deadline === null ? null : integerOf(deadline),
    ttlMs: ttlMs === null ? null : integerOf(ttlMs),
  }
}

/** The part of a session that tells what became of a write. */
export interface StoredOutcome extends StoredTimes {
  readonly version: string
}

/** The same from a row of `outcomeColumns`. @throws `SESS_UNAVAILABLE` where it is none */
export function storedOutcome(row: readonly unknown[]): StoredOutcome {
  return { ...storedTimes(row), version: textOf(row[5]) }
}

/** An expiry within the deadline. */
export function cappedExpiry(asked: number, deadline: number | null): number {
  return Math.min(asked, deadline ?? Number.POSITIVE_INFINITY)
}
