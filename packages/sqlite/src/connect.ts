import { closeSync, openSync } from 'node:fs'
import BetterSqlite3 from 'better-sqlite3'
import { openingError } from './errors.ts'
import { whenUnlocked } from './lock-wait.ts'
import { assertNodeApi } from './node-api.ts'

export interface FileOptions {
  /** Absolute, or `:memory:`. */
  readonly path: string
  readonly synchronous: 'full' | 'normal'
  readonly busyTimeoutMs: number
}

/** How far the write-ahead log may grow before it is brought into the database: 4000 pages. */
const logPages = 4_000
const logBytes = 16 * 2 ** 20

/**
 * Opens a database file the way sessions need it. A missing one is made, for its owner's eyes only; with `isThere` it is
 * an error.
 * @throws what {@link openingError} makes of the failure, `SESS_CONFIG` where the runtime is too old for better-sqlite3
 */
export async function connect(
  { path, synchronous, busyTimeoutMs }: FileOptions,
  isThere = false,
): Promise<BetterSqlite3.Database> {
  assertNodeApi()
  let database: BetterSqlite3.Database | undefined
  const setUp = (opened: BetterSqlite3.Database) => {
    // Readers and the writer do not wait for each other, and a commit is one append to one file.
    opened.pragma('journal_mode = wal')
    opened.pragma(`synchronous = ${synchronous}`)
    // A page that is written often is copied into the database once in a while only.
    opened.pragma(`wal_autocheckpoint = ${logPages}`)
    // While somebody reads for long the log grows past that; it is cut back afterwards.
    opened.pragma(`journal_size_limit = ${logBytes}`)
    // Of a million sessions most pages are in no cache of ours: mapped, they are read without a system call and a copy.
    // Measured, on 500-byte sessions: a quarter more loads and saves than without, of a million; the same of ten thousand.
    opened.pragma(`mmap_size = ${2 ** 31}`)
    // What is deleted is overwritten with zeros. Measured on 500-byte sessions: no cost above the noise.
    opened.pragma('secure_delete = on')
    return opened
  }
  try {
    const isFile = path !== ':memory:'
    if (isFile && !isThere) makeFile(path)
    const opened = new BetterSqlite3(path, { timeout: 0, fileMustExist: isFile })
    database = opened
    return await whenUnlocked(() => setUp(opened), busyTimeoutMs)
  } catch (error) {
    database?.close()
    throw openingError(error, path) ?? error
  }
}

/** SQLite gives the log the same permissions, and an empty file is an empty database to it. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch {
    // It is there already, or cannot be made: then SQLite says why it cannot be opened.
  }
}
