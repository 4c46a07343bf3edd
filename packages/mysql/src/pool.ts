import type { Socket } from 'node:net'
import type { Connection, Pool } from 'mysql2'
import type { Pool as PromisePool } from 'mysql2/promise'
import type { Killer } from './killer.ts'
import type { Introduction } from './server-thread.ts'
import type { TimeLimit } from './time-limit.ts'

/** A pool of mysql2, with callbacks or with promises. */
export type MysqlPool = Pool | PromisePool

/** A connection in use for one piece of work, with what it told of itself. */
export interface Used {
  readonly connection: Connection
  readonly introduction: Introduction
}

/** The source of the driver's connections. */
export interface ConnectionSource {
  /** The most connections. */
  readonly max: number
  /** Whether the store sets the connections up. Then they have READ COMMITTED and the server's own limits. */
  readonly isOwn: boolean
  readonly killer: Killer
  /** @throws `SESS_TIMEOUT`, or the error of connecting */
  acquire(limit: TimeLimit): Promise<Used>
  /** Gives back a connection that can be used again. */
  release(used: Used): void
  /** Ends a connection, and frees its place. It may be called again. */
  drop(used: Used): void
  /** Closes the idle connections: they may have ended like the one that was just found dead. */
  refresh(): void
  /** Releases what the source opened. */
  end(): Promise<void>
}

/** Resolves when a connection is connected. */
export function connected(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject)
    connection.connect((error) => (error ? reject(error) : resolve()))
  })
}

/** Ends a connection and its socket at once. On a network that swallows packets, a polite end would never arrive. */
export function cutOff(connection: Connection): void {
  connection.destroy()
  const { stream } = connection as unknown as { stream?: Socket }
  stream?.destroy()
}
