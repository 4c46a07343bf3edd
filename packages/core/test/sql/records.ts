import type { SessionRecord } from '../../src/store/backend.ts'

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
