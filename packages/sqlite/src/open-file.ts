import { type BigIntStats, statSync } from 'node:fs'
import type BetterSqlite3 from 'better-sqlite3'
import { movedError } from './errors.ts'

/**
 * How often a read checks the file. A check takes about 2 µs and a read about 9: before every read it would add a sixth. Once in
 * half a millisecond it adds less than half a percent.
 */
const freshForMs = 0.5

/** The file that a connection has open. Another file, or none, may be at its path by now. */
export class OpenFile {
  readonly #path: string
  readonly #opened: BigIntStats | undefined
  #lookedAt = Number.NEGATIVE_INFINITY

  /** `path` is absolute, and empty for a database without a file. */
  constructor(path: string) {
    this.#path = path
    this.#opened = this.#path === '' ? undefined : statsOf(this.#path)
  }

  /**
   * Checks before each write, before the first read after a write, and before other reads now and then.
   * @throws `SQLITE_READONLY_DBMOVED` where the file is no longer the one at its path
   */
  expectInPlace(use: 'read' | 'write'): void {
    if (this.#opened === undefined) return
    const now = performance.now()
    if (use === 'read' && now - this.#lookedAt < freshForMs) return
    const found = statsOf(this.#path)
    if (found?.ino !== this.#opened.ino || found.dev !== this.#opened.dev) throw movedError()
    this.#lookedAt = use === 'read' ? now : Number.NEGATIVE_INFINITY
  }
}

/** The file of a database that somebody else has opened. SQLite knows its path even if the working directory has changed. */
export function pathOf(database: BetterSqlite3.Database): string {
  return database.prepare<[], string>("select file from pragma_database_list where name = 'main'").pluck().get() ?? ''
}

function statsOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })
}
