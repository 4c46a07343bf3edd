import type { Duration } from '../contract/session-store.ts'

/** The default of `timeoutMs`. */
export const defaultTimeoutMs = 5_000

/** The options that every store takes, whatever its backend. */
export interface StoreOptions {
  /** Time to live of a session where the caller names none: ms or a duration string. Default `'24h'`. */
  ttl?: Duration | undefined
  /** The clock, in epoch milliseconds. Default `Date.now`. */
  now?: (() => number) | undefined
  /** How an id is kept at rest: its SHA-256 (`'hashed'`, the default) or as it is (`'plain'`). */
  ids?: 'hashed' | 'plain' | undefined
  /** The most milliseconds that an operation waits before it rejects with `SESS_TIMEOUT`. Default 5,000. */
  timeoutMs?: number | undefined
  /** The most milliseconds that an async change of `update` may run before the update rejects with `SESS_TIMEOUT`. Default 30,000. */
  updateTimeoutMs?: number | undefined
  /** The most bytes (UTF-8) that one session's encoded identity and data may have, else `SESS_TOO_LARGE`. Default 1 MiB. */
  maxBytes?: number | undefined
  /** Whether operations that wait at the same moment travel together. Default true; false sends each alone. */
  coalesce?: boolean | undefined
  /** The most operations that may wait at once; a further one rejects with `SESS_UNAVAILABLE`. Default 65,536. */
  maxPending?: number | undefined
  /** The most bytes of session data that may wait at once, likewise. Default 64 MiB. */
  maxPendingBytes?: number | undefined
  /**
   * How often expired sessions are removed in the background: ms or a duration string, jittered by a quarter; false for
   * never. Default `'10m'`, or never where the server expires them by itself. The timer keeps no process alive.
   */
  cleanupInterval?: Duration | false | undefined
  /**
   * Hears of an error that no caller is waiting for: a failed background clean-up (which is tried again), a record that a list
   * leaves out as it cannot be read, a failed `close`. Default: nobody.
   */
  onBackgroundError?: ((error: Error) => void) | undefined
  /** Where ids and states come from: for tests of collisions. Default: 256 CSPRNG bits, base64url. */
  generateId?: (() => string) | undefined
}
