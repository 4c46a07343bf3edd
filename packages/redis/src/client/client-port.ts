import type { Waiting } from '@sess/core'

/** The socket that a command is written on. */
interface Writable {
  destroy(error: Error): unknown
}

/** One command on its way to a server. It is written once at most, and never after its caller has been answered. */
export interface Call extends Waiting {
  readonly command: 'evalsha' | 'eval' | 'mget'
  readonly args: readonly string[]
  /** The key by which a Cluster finds the node. */
  readonly key: string
  /** Whether it has been written since it was last refused unrun. Set by the port. */
  isWritten: boolean
  /** The socket that it was written on. Null where the driver does not tell. */
  socket: Writable | null
  /** Asked before it is written: false once its caller has been answered, or may be at any moment. Then it fails. */
  mayBeWritten(): boolean
  answer(value: unknown): void
  fail(error: unknown): void
}

/** A client of a driver, as the store uses it: a connection of the store's own, or one for each node of a Cluster. */
export interface ClientPort {
  readonly isCluster: boolean
  /** `host:port`, for messages. */
  readonly address: string
  /** The database; undefined for the first one. */
  readonly database: number | undefined
  /** True where a command that is given now is written now. */
  readonly isReady: boolean
  /** Connects where that is needed. Resolves when it is ready, rejects when an attempt has failed. It may take for ever. */
  connected(): Promise<void>
  /** Gives the call to the driver, which answers it or fails it. */
  send(call: Call): void
  /** Ends the connection that the call was written on, and with it everything that was. The next call brings another. */
  giveUp(call: Call): void
  /** Asks for a new connection, as the address may lead to another server by now. */
  reconnect(): void
  close(): void
}

/** How long to wait before the next attempt to connect. */
export function retryDelay(attempt: number): number {
  return Math.min(attempt * 20, 500)
}
