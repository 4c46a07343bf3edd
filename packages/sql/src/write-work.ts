import type { ChangedRecord, StoredTimes, WriteKind, WriteOperation, WriteResults } from '@sess/core'
import type { SqlWork } from './driver.ts'
import { cappedExpiry, changedRow, type StoredOutcome } from './records.ts'

export type Operation<Kind extends WriteKind = WriteKind> = Extract<WriteOperation, { kind: Kind }>

/** The kinds of write that have statements of their own: those of the port, and two of them with a condition. */
export type WorkKind = WriteKind | 'putLive' | 'deleteOf'

export function workKindOf(operation: WriteOperation): WorkKind {
  if (operation.kind === 'put' && operation.ifLive) return 'putLive'
  return operation.kind === 'delete' && operation.ifIdentityKeys !== undefined ? 'deleteOf' : operation.kind
}

/** Writes operations of one kind, each with another key, and returns the outcome of each, in their order. */
export type WriteWork = {
  readonly [Kind in WriteKind]: (operations: readonly Operation<Kind>[], now: number) => SqlWork<WriteResults[Kind][]>
} & {
  /** Puts that replace live sessions only. */
  readonly putLive: (operations: readonly Operation<'put'>[], now: number) => SqlWork<boolean[]>
  /** Deletes of sessions that must belong to an identity. */
  readonly deleteOf: (operations: readonly Operation<'delete'>[], now: number) => SqlWork<boolean[]>
  /** The kinds whose work needs a transaction. */
  readonly inTransaction: ReadonlySet<WorkKind>
  /** A cheaper `replace`, for a transaction. It throws {@link notAllLive} unless all stored times are as believed. */
  readonly replaceBelieved?: WriteWork['replace']
}

/** Thrown where a stored session was not as believed: the work is undone, and done in another way. */
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

/** Returns the outcome of a conditional write that wrote nothing. */
export function conflictOrGone(stored: StoredOutcome | undefined, now: number): 'conflict' | 'gone' {
  return isLive(stored, now) ? 'conflict' : 'gone'
}

export function isLive(stored: StoredOutcome | undefined, now: number): stored is StoredOutcome {
  return stored !== undefined && stored.expiresAt > now
}

/** Returns the times of a live session after a record is written over it. `times` has its createdAt, ttlMs and deadline. */
export function timesOver(stored: StoredTimes, record: ChangedRecord, times: StoredTimes = stored): StoredTimes {
  const { createdAt, ttlMs, deadline } = times
  const expiresAt = cappedExpiry(record.keepsExpiry ? stored.expiresAt : record.expiresAt, deadline)
  return { createdAt, expiresAt, ttlMs, deadline }
}

/** Groups deletes by the identity keys that they allow. */
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
