import type { ChangedRecord, SessionRecord, StateRecord, StoredTimes } from '../store/backend.ts'
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

/** A session from a row of the `recordColumns`. */
export function sessionRecord(row: readonly unknown[]): SessionRecord {
  const [key, version, createdAt, expiresAt, deadline, identityKey, payload] = row
  return {
    key: String(key),
    version: String(version),
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    deadline: deadline === null ? null : Number(deadline),
    identityKey: identityKey === null ? null : String(identityKey),
    payload: String(payload),
  }
}

/** A state from a row of all `stateColumns`. */
export function stateRecord(row: readonly unknown[]): StateRecord {
  const [key, expiresAt, payload] = row
  return { key: String(key), expiresAt: Number(expiresAt), payload: String(payload) }
}

/** The part of a session that tells what became of a write, from a row of `outcomeColumns`. */
export interface StoredOutcome extends StoredTimes {
  readonly version: string
}

export function storedOutcome(row: readonly unknown[]): StoredOutcome {
  const [, version, createdAt, expiresAt, deadline] = row
  return { version: String(version), ...storedTimes([createdAt, expiresAt, deadline]) }
}

function storedTimes([createdAt, expiresAt, deadline]: readonly unknown[]): StoredTimes {
  return {
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    deadline: deadline === null ? null : Number(deadline),
  }
}

/** The rows by their first column, which is the key. */
export function byKey<T>(
  rows: readonly (readonly unknown[])[],
  decode: (row: readonly unknown[]) => T,
): Map<string, T> {
  return new Map(rows.map((row) => [String(row[0]), decode(row)]))
}
