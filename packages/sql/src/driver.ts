import type { DriverFault, SessionError } from '@sess/core'
import { checkedResult } from './answers.ts'
import type { SqlStatement } from './fragment.ts'

/** A value of a call. Bytes and arrays come only from a row source that encodes rows so. */
export type SqlValue = string | number | null | Uint8Array | readonly (string | number | null)[]

/** One execution of a statement: its values stand in the order of its placeholders. */
export interface SqlCall {
  readonly statement: SqlStatement
  readonly values: readonly SqlValue[]
}

/** The answer to a call, in one form for all engines. */
export interface SqlResult {
  /** Each row as an array, its columns in the order of the statement; a 64-bit integer may be a number, bigint or string. */
  readonly rows: readonly (readonly unknown[])[]
  /** How many rows came or, for a statement that returns none, were written. MySQL may count matched rows or changed ones. */
  readonly affected: number
  /** The value that the statement told by LockingForms.tell; 0 if it told none. Only of engines that have such a form. */
  readonly insertId?: number
}

/**
 * Calls that depend on each other's answers. The generator yields a call and receives its result; an error of the driver is
 * thrown into it. So the same code runs on a driver that blocks ({@link runSync}) and on one that does not ({@link runAsync}).
 */
export type SqlWork<T> = Generator<SqlCall, T, SqlResult>

type Awaitable<T> = T | Promise<T>

/** The connection to an engine. */
export interface SqlDriver {
  /** Connects and sets the connection up. Called before the first use, again after a failure, and never twice at once. */
  open(): Awaitable<void>
  /** Runs the work with each call committed by itself, on any connection. */
  run<T>(work: () => SqlWork<T>): Awaitable<T>
  /**
   * Runs the work on one connection in one write transaction; rolled back when the work throws. The work may be started
   * anew, so it must not leave traces outside of itself. Row locks are enough: READ COMMITTED where there is a choice.
   */
  transaction<T>(work: () => SqlWork<T>): Awaitable<T>
  /** Runs the work while no other process runs such work, in a transaction where the engine's DDL knows them. */
  exclusive<T>(work: () => SqlWork<T>): Awaitable<T>
  /** Resolves when the server answers. */
  ping(): Awaitable<void>
  /** Releases what the driver opened itself. */
  close(): Awaitable<void>
  /**
   * What an error of the driver tells; undefined for one that is not the driver's. `refusedRow`, `duplicate` and `tooLarge`
   * say that the statement was refused for what may be one row's sake and wrote nothing: its other rows are tried again.
   * `conflict` says that the transaction was undone (a deadlock, a serialization failure): it is made again at once.
   */
  fault(error: unknown): DriverFault | undefined
  /** The `SessionError` for an error of the driver; undefined for one it does not know. */
  toSessionError(error: unknown): SessionError | undefined
}

/** Carries work out on a driver that blocks. */
export function runSync<T>(work: SqlWork<T>, execute: (call: SqlCall) => SqlResult): T {
  let step = work.next()
  while (!step.done) {
    let result: SqlResult
    try {
      result = checkedResult(step.value, execute(step.value))
    } catch (error) {
      step = work.throw(error)
      continue
    }
    step = work.next(result)
  }
  return step.value
}

/** Carries work out on a driver that answers later. `first`: the first step, if the driver has taken it already. */
export async function runAsync<T>(
  work: SqlWork<T>,
  execute: (call: SqlCall) => Promise<SqlResult>,
  first = work.next(),
): Promise<T> {
  let step = first
  while (!step.done) {
    let result: SqlResult
    try {
      result = checkedResult(step.value, await execute(step.value))
    } catch (error) {
      step = work.throw(error)
      continue
    }
    step = work.next(result)
  }
  return step.value
}
