import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import BetterSqlite3 from 'better-sqlite3'

/**
 * A disk that does not give back the write-ahead log of a database, in which the page is that every statement begins
 * with: each one, of a connection that is open or a new one, ends with an I/O error until the log is there again.
 */
export function loseLog(path: string): { end(): void } {
  const log = `${path}-wal`
  const other = new BetterSqlite3(path, { timeout: 0 })
  other.pragma('journal_mode = wal')
  other.pragma('wal_autocheckpoint = 0')
  // Into the log, and out of the memory of all connections.
  other.pragma('user_version = 1')
  const bytes = readFileSync(log)
  truncateSync(log)
  return {
    end() {
      writeFileSync(log, bytes, { flag: 'r+' })
      other.close()
    },
  }
}
