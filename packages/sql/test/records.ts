import type { ChangedRecord, SessionRecord, StoredTimes, WriteOperation } from '@sess/core'

let versions = 0

/** A session that lives until 1,000,000; the `now` of the tests is 1,000. */
export function record(key: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  versions += 1
  return {
    key,
    version: `version-${versions}`,
    createdAt: 500,
    lastSeenAt: 600,
    ttlMs: 700,
    expiresAt: 1_000_000,
    deadline: null,
    identityKey: null,
    payload: '{"data":{"name":"Zoë \\"q\\" \\\\ 😀"}}',
    ...changes,
  }
}

export const now = 1_000

/** What a write tells of a record as it is stored. */
export function times({ createdAt, expiresAt, ttlMs, deadline }: SessionRecord): StoredTimes {
  return { createdAt, expiresAt, ttlMs, deadline }
}

export function rotation(before: SessionRecord, newKey: string, changes: Partial<ChangedRecord> = {}): WriteOperation {
  const record = { ...before, keepsExpiry: changes.expiresAt === undefined, ...changes, key: newKey }
  return { kind: 'rotate', key: before.key, newKey, record, ifVersion: before.version }
}

/** A record that brings its own expiry, written over a stored one. */
export const moving = (record: SessionRecord): ChangedRecord => ({ ...record, keepsExpiry: false })

/** One that leaves the expiry as it is stored; that is believed to be the record's. */
export const keeping = (record: SessionRecord): ChangedRecord => ({ ...record, keepsExpiry: true })

/** A touch that gives this expiry. */
export const touch = (key: string, expiresAt: number) =>
  ({ kind: 'touch', key, seenAt: now, ttlMs: expiresAt - now, defaultTtlMs: 1 }) as const
