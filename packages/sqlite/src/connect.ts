import { resolve } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { toSessionError } from './errors.ts'
import { whenUnlocked } from './lock-wait.ts'

export interface FileOptions {
  readonly path: string
  readonly synchronous: 'full' | 'normal'
  readonly busyTimeoutMs: number
}

/**
 * Opens a database file (made where there is none) the way sessions need it.
 * @throws what {@link toSessionError} makes of the failure, with the file's path
 */
export async function connect({ path, synchronous, busyTimeoutMs }: FileOptions): Promise<BetterSqlite3.Database> {
  let database: BetterSqlite3.Database | undefined
  const setUp = (opened: BetterSqlite3.Database) => {
    // Readers and the writer do not wait for each other, and a commit is one append to one file.
    opened.pragma('journal_mode = wal')
    opened.pragma(`synchronous = ${synchronous}`)
    // In pages: a log of 16 MB. A page that is written often is copied into the database once in a while only.
    opened.pragma('wal_autocheckpoint = 4000')
    // Of a million sessions most pages are in no cache of ours: mapped, they are read without a system call and a copy.
    // Measured, on 500-byte sessions: a quarter more loads and saves than without, of a million; the same of ten thousand.
    opened.pragma(`mmap_size = ${2 ** 31}`)
    // What is deleted is overwritten with zeros. Measured on 500-byte sessions: no cost above the noise.
    opened.pragma('secure_delete = on')
    return opened
  }
  try {
    const opened = new BetterSqlite3(path, { timeout: 0 })
    database = opened
    return await whenUnlocked(() => setUp(opened), busyTimeoutMs)
  } catch (error) {
    database?.close()
    throw toSessionError(error, path === ':memory:' ? path : resolve(path)) ?? error
  }
}
