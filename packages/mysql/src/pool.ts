import type { Socket } from 'node:net'
import type { Connection, Pool } from 'mysql2'
import type { Pool as PromisePool } from 'mysql2/promise'
import type { Killer } from './killer.ts'
import type { Introduction } from './server-thread.ts'
import type { TimeLimit } from './time-limit.ts'

/** A pool of mysql2, with callbacks or with promises. */
export type MysqlPool = Pool | PromisePool

/** A connection that has told what it is, in use for one piece of work. */
export interface Used {
  readonly connection: Connection
  readonly introduction: Introduction
}

/** Where the driver gets its connections. */
export interface ConnectionSource {
  /** The most connections. */
  readonly max: number
  /** Whether the store sets the connections up: they are in READ COMMITTED, and have the server's own limits. */
  readonly isOwn: boolean
  readonly killer: Killer
  /** @throws `SESS_TIMEOUT`, or what connecting met */
  acquire(limit: TimeLimit): Promise<Used>
  /** Gives back a connection that is as good as before. */
  release(used: Used): void
  /** Takes a connection out of use for good, and lets go of its place. It can be called again. */
  drop(used: Used): void
  /** Closes what is idle: it may be as dead as one that was just found to be. */
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

/** Ends a connection at once, its socket too: over a network that swallows everything no end arrives. */
export function cutOff(connection: Connection): void {
  connection.destroy()
  const { stream } = connection as unknown as { stream?: Socket }
  stream?.destroy()
}
