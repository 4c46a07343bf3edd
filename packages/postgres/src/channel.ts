import type { SqlCall, SqlResult } from '@sess/sql'

export type Execute = (call: SqlCall) => Promise<SqlResult>

/** The way of statements to the server, over connections of the store's own or over a client that was handed in. */
export interface Channel {
  /** Runs a statement, committed by itself. It settles once it is known what became of it, as far as that can be known. */
  readonly execute: Execute
  /**
   * Runs the work in a transaction on one connection, rolled back where it throws. No time limit is put on a statement, as
   * long as the server is at work on it.
   */
  transaction<T>(work: (execute: Execute) => Promise<T>): Promise<T>
  close(): Promise<void>
}
