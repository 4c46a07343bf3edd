import type { StoredTimes, WriteKind, WriteOperation, WriteResults } from '../store/backend.ts'
import type { SqlWork } from './driver.ts'
import { cappedExpiry, type StoredOutcome, sessionRow } from './records.ts'

export type Operation<Kind extends WriteKind = WriteKind> = Extract<WriteOperation, { kind: Kind }>

/** The work that writes operations of one kind (each with another key) and tells what became of each, in their order. */
export type WriteWork = {
  readonly [Kind in WriteKind]: (operations: readonly Operation<Kind>[], now: number) => SqlWork<WriteResults[Kind][]>
} & {
  /** The kinds whose work is for one transaction. */
  readonly inTransaction: ReadonlySet<WriteKind>
  /** A cheaper `replace` where each record has an expiry, for a transaction. It throws {@link notAllLive}. */
  readonly replaceLive?: WriteWork['replace']
}

/** What work throws that has to be undone and done in another way, as one of its sessions was not as it was believed to be. */
export const notAllLive = new Error('not all of the sessions are live')

export function keysOf(operations: readonly Operation[]): readonly string[] {
  return operations.map(({ key }) => key)
}

export function rotateRow({ key, newKey, record, ifVersion }: Operation<'rotate'>) {
  return { ...sessionRow(record), key, new_key: newKey, if_version: ifVersion }
}

export function swapRow({ record, ifVersion }: Operation<'compareAndSwap'>) {
  return { ...sessionRow(record), if_version: ifVersion }
}

/** What a conditional write that wrote nothing comes to. */
export function conflictOrGone(stored: StoredOutcome | undefined, now: number): 'conflict' | 'gone' {
  return isLive(stored, now) ? 'conflict' : 'gone'
}

export function isLive(stored: StoredOutcome | undefined, now: number): stored is StoredOutcome {
  return stored !== undefined && stored.expiresAt > now
}

/** The instants of a live session over which a record is written. */
export function timesOver(
  { createdAt, expiresAt, deadline }: StoredTimes,
  asked: number | null,
  newDeadline = deadline,
): StoredTimes {
  return { createdAt, expiresAt: cappedExpiry(asked, expiresAt, newDeadline), deadline: newDeadline }
}
