import type { ChangedRecord, RecordPage, SessionRecord, StateRecord, StoredTimes } from '@sess/core'
import { integerOf, textOf } from './answers.ts'
import type { SqlRow } from './dialect.ts'

/** Encodes a session as a row. */
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

/** Encodes a session that is written over a stored one. */
export function changedRow(record: ChangedRecord): SqlRow {
  const { keepsExpiry, expiresAt } = record
  return {
    ...sessionRow(record),
    expires_at: keepsExpiry ? null : expiresAt,
    believed_expires_at: keepsExpiry ? expiresAt : null,
  }
}

/** Encodes a session that is written, in a batch, over a stored one whose times are as believed. */
export function believedRow(record: ChangedRecord): SqlRow {
  const { createdAt, deadline, ttlMs, keepsExpiry, expiresAt } = record
  return {
    key: record.key,
    version: record.version,
    last_seen_at: record.lastSeenAt,
    identity_key: record.identityKey,
    payload: record.payload,
    expires_at: keepsExpiry ? null : expiresAt,
    believed_times: `${createdAt} ${deadline ?? '-'} ${ttlMs ?? '-'} ${keepsExpiry ? expiresAt : '-'}`,
  }
}

export function stateRow(record: StateRecord): SqlRow {
  return { key: record.key, expires_at: record.expiresAt, payload: record.payload }
}

/** Decodes a session from a row of the `recordColumns`. @throws `SESS_UNAVAILABLE` for a row that has none */
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

/** Decodes a session, or returns the error: one unreadable row must not spoil the others. */
export function sessionRecordOrError(row: readonly unknown[]): SessionRecord | Error {
  try {
    return sessionRecord(row)
  } catch (error) {
    return error as Error
  }
}

/** Decodes a page of records. An unreadable one is an Error, with its key beside it. */
export function recordPage(rows: readonly (readonly unknown[])[], cursor: string | null): RecordPage {
  const records = rows.map(sessionRecordOrError)
  const unreadableKeys = rows.filter((_row, index) => records[index] instanceof Error).map(([key]) => textOf(key))
  return { records, cursor, unreadableKeys }
}

/** Decodes a state from a row of the `stateColumns`. @throws `SESS_UNAVAILABLE` for a row that has none */
export function stateRecord(row: readonly unknown[]): StateRecord {
  const [key, expiresAt, payload] = row
  return { key: textOf(key), expiresAt: integerOf(expiresAt), payload: textOf(payload) }
}

/** Decodes the times of a session from a row that begins with the `timesColumns`. @throws `SESS_UNAVAILABLE` for a row that has none */
export function storedTimes(row: readonly unknown[]): StoredTimes {
  const [, createdAt, expiresAt, deadline, ttlMs] = row
  return {
    createdAt: integerOf(createdAt),
    expiresAt: integerOf(expiresAt),
    deadline: deadline === null ? null : integerOf(deadline),
    ttlMs: ttlMs === null ? null : integerOf(ttlMs),
  }
}

/** The fields of a stored session that decide the outcome of a write. */
export interface StoredOutcome extends StoredTimes {
  readonly version: string
}

/** Decodes them from a row of the `outcomeColumns`. @throws `SESS_UNAVAILABLE` for a row that has none */
export function storedOutcome(row: readonly unknown[]): StoredOutcome {
  return { ...storedTimes(row), version: textOf(row[5]) }
}

/** Returns the earlier of an expiry and the deadline. */
export function cappedExpiry(asked: number, deadline: number | null): number {
  return Math.min(asked, deadline ?? Number.POSITIVE_INFINITY)
}
