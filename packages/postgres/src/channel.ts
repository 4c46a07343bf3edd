import type { SqlCall, SqlResult } from '@sess/sql'

export type Execute = (call: SqlCall) => Promise<SqlResult>

/** Sends statements to the server, over connections of the store's own or over a client that was handed in. */
export interface Channel {
  /** Runs a statement that commits by itself. It settles when the fate of the statement is known, as far as it can be known. */
  readonly execute: Execute
  /**
   * Runs the work in a transaction on one connection, and rolls back if it throws. A statement has no time limit as long as
   * the server is working on it.
   */
  transaction<T>(work: (execute: Execute) => Promise<T>): Promise<T>
  close(): Promise<void>
}
