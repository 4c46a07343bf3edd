declare module 'better-sqlite3-session-store' {
  import type BetterSqlite3 from 'better-sqlite3'
  import type session from 'express-session'

  interface Options {
    client: BetterSqlite3.Database
    expired?: { clear?: boolean; intervalMs?: number }
  }

  export default function createSqliteStore(express: typeof session): new (options: Options) => session.Store
}
