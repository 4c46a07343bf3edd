import { closeSync, openSync } from 'node:fs'
import BetterSqlite3 from 'better-sqlite3'
import { openingError } from './errors.ts'
import { whenUnlocked } from './lock-wait.ts'

export interface FileOptions {
  /** Absolute, or `:memory:`. */
  readonly path: string
  readonly synchronous: 'full' | 'normal'
  readonly busyTimeoutMs: number
}

/** The size of the write-ahead log at which SQLite copies it into the database: 4000 pages. */
const logPages = 4_000
const logBytes = 16 * 2 ** 20

/**
 * Opens a database file with the settings that sessions need. A missing file is created, with rights for its owner only. With
 * `isThere` a missing file is an error.
 * @throws what {@link openingError} makes of the failure
 */
export async function connect(
  { path, synchronous, busyTimeoutMs }: FileOptions,
  isThere = false,
): Promise<BetterSqlite3.Database> {
  let database: BetterSqlite3.Database | undefined
  const setUp = (opened: BetterSqlite3.Database) => {
    // In this mode readers and the writer do not wait for each other, and a commit is one append to one file.
    opened.pragma('journal_mode = wal')
    opened.pragma(`synchronous = ${synchronous}`)
    // A page that is written often is copied into the database only once in a while.
    opened.pragma(`wal_autocheckpoint = ${logPages}`)
    // During a long read the log grows past that size. Afterwards it is cut back.
    opened.pragma(`journal_size_limit = ${logBytes}`)
    // Mapped pages are read without a system call and a copy. With a million sessions of 500 bytes, most of which are in no
    // cache, that gives a quarter more loads and saves; with ten thousand it makes no difference.
    opened.pragma(`mmap_size = ${2 ** 31}`)
    // Deleted data is overwritten with zeros. With sessions of 500 bytes no cost could be measured.
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

/** Creates an empty file, which is an empty database to SQLite. SQLite gives the log the same permissions. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch {
    // The file exists already, or cannot be created. Then SQLite says why it cannot be opened.
  }
}
