import type { Connection } from './connection.ts'

/** Somebody who wants a connection for one statement. */
export interface Taker {
  readonly isWrite: boolean
  /** Called once; at once where a connection is idle. */
  use(connection: Connection): void
  /** Called instead where none could be opened. */
  refuse(error: unknown): void
}

/** How a connection comes back. */
export type Returned =
  | 'usable'
  /** A cancel request may still meet what is sent on it. */
  | 'spent'
  /** It leads to the wrong server. */
  | 'misled'
  /** Nothing comes from it any more. */
  | 'dead'

/** Connections, each lent for one statement at a time. */
export interface Leases {
  take(taker: Taker): void
  /** Takes somebody out of the queue. */
  forget(taker: Taker): void
  giveBack(taker: Taker, connection: Connection, returned: Returned): void
  /** Resolves when all connections of its own are closed, or have been given up. */
  close(): Promise<void>
}
