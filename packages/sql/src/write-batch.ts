import type { DriverFault, WriteOperation, WriteOutcome } from '@sess/core'
import type { ConflictRetries } from './conflict-retries.ts'
import type { SqlDriver, SqlWork } from './driver.ts'
import { asError, isolateFailures } from './isolate-failures.ts'
import { notAllLive, type Operation, type WorkKind, type WriteWork, workKindOf } from './write-work.ts'

type WriteBatch = (operations: readonly WriteOperation[], now: number) => Promise<readonly WriteOutcome[]>

/**
 * Writes the operations one by one in one transaction. One that is refused because of its own row does not spoil the others.
 * A single operation needs no transaction: the statement that finds the row is its last.
 */
export function writeInOneTransaction(driver: SqlDriver, work: WriteWork): WriteBatch {
  function* all(operations: readonly WriteOperation[], now: number): SqlWork<WriteOutcome[]> {
    const outcomes: WriteOutcome[] = []
    for (const operation of operations) {
      try {
        outcomes.push(...(yield* startWork(work, workKindOf(operation), [operation], now)))
      } catch (error) {
        const outcome = failure(driver, operation.kind, error)
        if (outcome === undefined) throw error
        outcomes.push(outcome)
      }
    }
    return outcomes
  }
  return async (operations, now) =>
    await (operations.length === 1
      ? driver.run(() => all(operations, now))
      : driver.transaction(() => all(operations, now)))
}

export interface Writers {
  readonly usual: WriteWork
  /** Locks its rows in the order of their keys. */
  readonly inOrder: WriteWork
  /** For a single operation. */
  readonly single: WriteWork
}

/** Writes the operations of each kind by one statement, or by one transaction that locks the rows first. The kinds run at once. */
export function writeByKind(driver: SqlDriver, writers: Writers, retryOnConflict: ConflictRetries): WriteBatch {
  async function writeKind(kind: WorkKind, operations: readonly WriteOperation[], now: number) {
    const run = (rows: readonly WriteOperation[]) =>
      retryOnConflict((lockInOrder) => {
        const work = rows.length === 1 ? writers.single : lockInOrder ? writers.inOrder : writers.usual
        const start = () => startWork(work, kind, rows, now)
        if (!work.inTransaction.has(kind)) return driver.run(start)
        const { replaceBelieved } = work
        if (replaceBelieved === undefined || kind !== 'replace') return driver.transaction(start)
        return unlessGone(
          () => driver.transaction(() => replaceBelieved(rows as readonly Operation<'replace'>[], now)),
          () => driver.transaction(start),
        )
      })
    const outcomes = await isolateFailures(operations, run, (error) => isOfOneRow(driver.fault(error)))
    return outcomes.map((outcome) => (outcome instanceof Error ? (failure(driver, kind, outcome) ?? outcome) : outcome))
  }

  return async (operations, now) => {
    const [first] = operations
    const firstKind = first && workKindOf(first)
    if (firstKind !== undefined && operations.every((operation) => workKindOf(operation) === firstKind)) {
      return writeKind(firstKind, operations, now)
    }
    const kinds = Map.groupBy(operations, workKindOf)
    const outcomes = new Map<WriteOperation, WriteOutcome>()
    await Promise.all(
      [...kinds].map(async ([kind, ofKind]) => {
        const results = await writeKind(kind, ofKind, now)
        for (const [index, operation] of ofKind.entries()) outcomes.set(operation, results[index] as WriteOutcome)
      }),
    )
    return operations.map((operation) => outcomes.get(operation) as WriteOutcome)
  }
}

async function unlessGone<T>(first: () => T | Promise<T>, otherwise: () => T | Promise<T>): Promise<T> {
  try {
    return await first()
  } catch (error) {
    if (error !== notAllLive) throw error
    return otherwise()
  }
}

function startWork(work: WriteWork, kind: WorkKind, operations: readonly WriteOperation[], now: number) {
  const ofKind = work[kind] as (operations: readonly Operation[], now: number) => SqlWork<WriteOutcome[]>
  return ofKind(operations, now)
}

/** Returns the outcome of an operation that failed alone; undefined if the error concerns more than this operation. */
function failure(driver: SqlDriver, kind: WorkKind, error: unknown): WriteOutcome | undefined {
  const fault = driver.fault(error)
  if (kind === 'rotate' && fault === 'duplicate') return 'taken'
  return isOfOneRow(fault) ? asError(error) : undefined
}

/** Whether a single row may have caused a fault, and not the statement or the connection. */
function isOfOneRow(fault: DriverFault | undefined): boolean {
  return fault === 'refusedRow' || fault === 'duplicate' || fault === 'tooLarge'
}
