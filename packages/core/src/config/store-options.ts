import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject } from '../contract/json.ts'
import type { Duration } from '../contract/method-options.ts'

/** The default of `timeoutMs`. */
export const defaultTimeoutMs = 5_000

/** Keys that encrypt what a store keeps. */
export interface SealOptions {
  /**
   * 32 random bytes each, as bytes or in base64, base64url or hex, the newest first: it seals, and all of them open. The next
   * write of a session seals it anew.
   */
  keys: readonly (string | Uint8Array)[]
  /** Until this instant a payload that is not sealed is read: for the days after `seal` is switched on. Left out: never. */
  acceptPlainUntil?: Date | undefined
}

/** What a store's data is like. */
export interface DataOptions<Data extends object = JsonObject> {
  /**
   * A synchronous Standard Schema (zod, valibot, arktype) for the data of a session. It is checked at every write and every
   * load; what is stored is its output, which must pass it again unchanged. Default: data is any JSON object.
   */
  data?: StandardSchemaV1<unknown, Data> | undefined
  /** Makes of stored data that no longer fits the schema data that does. A load never writes it; the next write does. Default: none. */
  upgrade?: ((old: JsonObject) => unknown) | undefined
  /**
   * What a session is whose stored data does not fit and cannot be upgraded: `'error'` is `SESS_CORRUPT`; `'absent'` is null
   * to load, update and rotate, and nothing is deleted. Default `'error'`.
   */
  onInvalidData?: 'error' | 'absent' | undefined
}

/** Options of a store, with the schema by which the type of its data is known. */
export type WithData<Options, Data extends object> = Omit<Options, keyof DataOptions> & DataOptions<Data>

/** The options that every store takes, whatever its backend. */
export interface StoreOptions<Data extends object = JsonObject> extends DataOptions<Data> {
  /** Time to live of a session where the caller names none: ms or a duration string. Default `'24h'`. */
  ttl?: Duration | undefined
  /**
   * The absolute limit of a session where the caller names no `deadline`: ms or a duration string, counted from `create` or
   * from the rotation that signs in; null for none. Default `'30d'`, or `ttl` where that is longer.
   */
  maxLifetime?: Duration | null | undefined
  /** Encrypts identity and data, and the data of one-time states, at rest. Default: they are plain JSON. */
  seal?: SealOptions | undefined
  /** The clock, in epoch milliseconds. Default `Date.now`. */
  now?: (() => number) | undefined
  /**
   * Whether an id is kept at rest: no, only its SHA-256 (`'hashed'`, the default), or yes, in the payload beside it
   * (`'plain'`). What one kind of store keeps is out of reach of the other, and a store refuses to open on it (`SESS_CONFIG`).
   */
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
