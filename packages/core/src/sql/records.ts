import type { ChangedRecord, SessionRecord, StateRecord, StoredTimes } from '../store/backend.ts'
import { integerOf, textOf } from './answers.ts'
import type { SqlRow } from './dialect.ts'

/** A session as the row that INSERT and UPDATE take. */
export function sessionRow(record: SessionRecord | ChangedRecord): SqlRow {
  return {
    key: record.key,
    version: record.version,
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    deadline: record.deadline,
    identity_key: record.identityKey,
    payload: record.payload,
  }
}

export function stateRow(record: StateRecord): SqlRow {
  return { key: record.key, expires_at: record.expiresAt, payload: record.payload }
}

/** A session from a row of the `recordColumns`. @throws `SESS_UNAVAILABLE` where it is none */
export function sessionRecord(row: readonly unknown[]): SessionRecord {
  const [key, version, createdAt, expiresAt, deadline, identityKey, payload] = row
  return {
    key: textOf(key),
    version: textOf(version),
    createdAt: integerOf(createdAt),
    expiresAt: integerOf(expiresAt),
    deadline: deadline === null ? null : integerOf(deadline),
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

/** A state from a row of all `stateColumns`. @throws `SESS_UNAVAILABLE` where it is none */
export function stateRecord(row: readonly unknown[]): StateRecord {
  const [key, expiresAt, payload] = row
  return { key: textOf(key), expiresAt: integerOf(expiresAt), payload: textOf(payload) }
}

/** The instants of a session from a row that begins with the `timesColumns`. @throws `SESS_UNAVAILABLE` where they are none */
export function storedTimes(row: readonly unknown[]): StoredTimes {
  const [, createdAt, expiresAt, deadline] = row
  return {
    createdAt: integerOf(createdAt),
    expiresAt: integerOf(expiresAt),
    deadline: deadline === null ? null : integerOf(deadline),
  }
}

/** The part of a session that tells what became of a write. */
export interface StoredOutcome extends StoredTimes {
  readonly version: string
}

/** The same from a row of `outcomeColumns`. @throws `SESS_UNAVAILABLE` where it is none */
export function storedOutcome(row: readonly unknown[]): StoredOutcome {
  return { ...storedTimes(row), version: textOf(row[4]) }
}

/** The expiry that a change asks for, or else the stored one, within the deadline. */
export function cappedExpiry(asked: number | null, stored: number, deadline: number | null): number {
  return Math.min(asked ?? stored, deadline ?? Number.POSITIVE_INFINITY)
}
