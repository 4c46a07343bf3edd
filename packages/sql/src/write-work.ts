import type { ChangedRecord, StoredTimes, WriteKind, WriteOperation, WriteResults } from '@sess/core'
import type { SqlWork } from './driver.ts'
import { cappedExpiry, changedRow, type StoredOutcome } from './records.ts'

export type Operation<Kind extends WriteKind = WriteKind> = Extract<WriteOperation, { kind: Kind }>

/** What is done by statements of its own: each kind of write, and two of them with a condition. */
export type WorkKind = WriteKind | 'putLive' | 'deleteOf'

export function workKindOf(operation: WriteOperation): WorkKind {
  if (operation.kind === 'put' && operation.ifLive) return 'putLive'
  return operation.kind === 'delete' && operation.ifIdentityKeys !== undefined ? 'deleteOf' : operation.kind
}

/** The work that writes operations of one kind (each with another key) and tells what became of each, in their order. */
export type WriteWork = {
  readonly [Kind in WriteKind]: (operations: readonly Operation<Kind>[], now: number) => SqlWork<WriteResults[Kind][]>
} & {
  /** Puts over live sessions alone. */
  readonly putLive: (operations: readonly Operation<'put'>[], now: number) => SqlWork<boolean[]>
  /** Removals of sessions that must be of an identity. */
  readonly deleteOf: (operations: readonly Operation<'delete'>[], now: number) => SqlWork<boolean[]>
  /** The kinds whose work is for one transaction. */
  readonly inTransaction: ReadonlySet<WorkKind>
  /** A cheaper `replace` for records that are stored as they are believed to be, for a transaction. It throws {@link notAllLive}. */
  readonly replaceBelieved?: WriteWork['replace']
}

/** What work throws that has to be undone and done in another way, as one of its sessions was not as it was believed to be. */
export const notAllLive = new Error('not all of the sessions are live')

export function keysOf(operations: readonly Operation[]): readonly string[] {
  return operations.map(({ key }) => key)
}

export function rotateRow({ key, newKey, record, ifVersion }: Operation<'rotate'>) {
  return { ...changedRow(record), key, new_key: newKey, if_version: ifVersion }
}

export function touchRow({ key, seenAt, ttlMs, defaultTtlMs }: Operation<'touch'>) {
  return { key, last_seen_at: seenAt, ttl_ms: ttlMs, default_ttl_ms: defaultTtlMs }
}

export function swapRow({ record, ifVersion }: Operation<'compareAndSwap'>) {
  return { ...changedRow(record), if_version: ifVersion }
}

/** What a conditional write that wrote nothing comes to. */
export function conflictOrGone(stored: StoredOutcome | undefined, now: number): 'conflict' | 'gone' {
  return isLive(stored, now) ? 'conflict' : 'gone'
}

export function isLive(stored: StoredOutcome | undefined, now: number): stored is StoredOutcome {
  return stored !== undefined && stored.expiresAt > now
}

/** The times of a live session once a record is written over it. `times`: those that stay; the record's, where it brings them. */
export function timesOver(stored: StoredTimes, record: ChangedRecord, times: StoredTimes = stored): StoredTimes {
  const { createdAt, ttlMs, deadline } = times
  const expiresAt = cappedExpiry(record.keepsExpiry ? stored.expiresAt : record.expiresAt, deadline)
  return { createdAt, expiresAt, ttlMs, deadline }
}

/** The identity keys that a removal may be for, each with the removals that name it. */
export function byIdentityKey(operations: readonly Operation<'delete'>[]): ReadonlyMap<string, Operation<'delete'>[]> {
  const found = new Map<string, Operation<'delete'>[]>()
  for (const operation of operations) {
    for (const identityKey of operation.ifIdentityKeys ?? []) {
      const ofKey = found.get(identityKey)
      if (ofKey === undefined) found.set(identityKey, [operation])
      else ofKey.push(operation)
    }
  }
  return found
}
