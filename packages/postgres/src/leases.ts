import type { Connection } from './connection.ts'

/** A statement or transaction that waits for a connection. */
export interface Taker {
  readonly isWrite: boolean
  /** Called once; synchronously if a connection is idle. */
  use(connection: Connection): void
  /** Called instead if no connection could be opened. */
  refuse(error: unknown): void
}

/** The state in which a connection is given back. */
export type Returned =
  | 'usable'
  /** A cancel request may still hit the next statement on it. */
  | 'spent'
  /** It leads to the wrong server. */
  | 'misled'
  /** It does not answer any more. */
  | 'dead'

/** Connections, each lent for one statement at a time. */
export interface Leases {
  take(taker: Taker): void
  /** Takes a waiting taker out of the queue. */
  forget(taker: Taker): void
  giveBack(taker: Taker, connection: Connection, returned: Returned): void
  /** Resolves when all connections of its own are closed, or have been given up. */
  close(): Promise<void>
}
