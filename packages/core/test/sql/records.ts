import type { ChangedRecord, SessionRecord, StoredTimes, WriteOperation } from '../../src/store/backend.ts'

let versions = 0

/** A session that lives until 1,000,000; the `now` of the tests is 1,000. */
export function record(key: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  versions += 1
  return {
    key,
    version: `version-${versions}`,
    createdAt: 500,
    expiresAt: 1_000_000,
    deadline: null,
    identityKey: null,
    payload: '{"data":{"name":"Zoë \\"q\\" \\\\ 😀"}}',
    ...changes,
  }
}

export const now = 1_000

/** What a write tells of a record as it is stored. */
export function times({ createdAt, expiresAt, deadline }: SessionRecord): StoredTimes {
  return { createdAt, expiresAt, deadline }
}

export function rotation(before: SessionRecord, newKey: string, changes: Partial<ChangedRecord> = {}): WriteOperation {
  const record = { ...before, expiresAt: null, ...changes, key: newKey }
  return { kind: 'rotate', key: before.key, newKey, record, ifVersion: before.version }
}
