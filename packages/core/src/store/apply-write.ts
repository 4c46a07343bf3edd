import type { ChangedRecord, SessionRecord, StateRecord, WriteKind, WriteOperation, WriteResults } from './backend.ts'

type SessionWrite = Exclude<WriteOperation, { readonly kind: 'putState' | 'consumeState' }>

/** The result of a write: its outcome, and the record to store. A null record is deleted. Without `record`, nothing changes. */
export interface AppliedWrite<Written = SessionRecord | StateRecord> {
  readonly outcome: WriteResults[WriteKind]
  readonly record?: Written | null
}

/**
 * Computes a write as {@link WriteOperation} describes it, for a backend that reads, decides and writes within a lock or a
 * transaction. `stored` is the record under the operation's key, or null. The record of a rotation goes to `newKey`; the
 * backend has to check first that this key is free.
 * @example
 * ```ts
 * const { outcome, record } = applyWrite(operation, records.get(operation.key) ?? null, now)
 * ```
 */
export function applyWrite(
  operation: WriteOperation,
  stored: SessionRecord | StateRecord | null,
  now: number,
): AppliedWrite {
  const live = stored !== null && stored.expiresAt > now ? stored : null
  if (operation.kind === 'putState') return { outcome: true, record: operation.record }
  if (operation.kind === 'consumeState') return { outcome: live, record: null }
  return applySessionWrite(operation, stored as SessionRecord | null, live as SessionRecord | null)
}

function applySessionWrite(
  operation: SessionWrite,
  stored: SessionRecord | null,
  live: SessionRecord | null,
): AppliedWrite<SessionRecord> {
  switch (operation.kind) {
    case 'insert':
      return live === null ? { outcome: true, record: operation.record } : { outcome: false }
    case 'put':
      return operation.ifLive && live === null ? { outcome: false } : { outcome: true, record: operation.record }
    case 'replace':
      return live === null ? { outcome: null } : rewritten(operation.record, live, live)
    case 'compareAndSwap':
    case 'rotate':
      if (live === null) return { outcome: 'gone' }
      if (live.version !== operation.ifVersion) return { outcome: 'conflict' }
      return rewritten(operation.record, live, operation.kind === 'rotate' ? operation.record : live)
    case 'touch': {
      if (live === null) return { outcome: null }
      const wanted = operation.seenAt + (operation.ttlMs ?? live.ttlMs ?? operation.defaultTtlMs)
      const expiresAt = Math.min(wanted, live.deadline ?? wanted)
      return { outcome: expiresAt, record: { ...live, lastSeenAt: operation.seenAt, expiresAt } }
    }
    case 'delete': {
      const mayGo = operation.ifIdentityKeys?.includes(stored?.identityKey ?? '') ?? true
      return mayGo ? { outcome: live !== null, record: null } : { outcome: false }
    }
  }
}

/** Writes a record over a live one. It takes createdAt, ttlMs and deadline from `times`. */
function rewritten(changed: ChangedRecord, live: SessionRecord, times: SessionRecord): AppliedWrite<SessionRecord> {
  const { keepsExpiry, ...record } = changed
  const { createdAt, ttlMs, deadline } = times
  const wanted = keepsExpiry ? live.expiresAt : record.expiresAt
  const stored = { ...record, createdAt, ttlMs, deadline, expiresAt: Math.min(wanted, deadline ?? wanted) }
  return { outcome: stored, record: stored }
}
