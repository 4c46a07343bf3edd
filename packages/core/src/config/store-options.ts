import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject } from '../contract/json.ts'
import type { Duration } from '../contract/method-options.ts'

/** The default of `timeoutMs`. */
export const defaultTimeoutMs = 5_000

/** Keys that encrypt what a store keeps. */
export interface SealOptions {
  /**
   * Keys of 32 random bytes each, as bytes or in base64, base64url or hex, the newest first. The newest one seals; each of
   * them opens. The next write of a session seals it with the newest.
   */
  keys: readonly (string | Uint8Array)[]
  /**
   * Until this instant the store also reads payloads that are not sealed: for the days after `seal` is switched on. Left
   * out: it never does.
   */
  acceptPlainUntil?: Date | undefined
}

/** The schema of a store's data. */
export interface DataOptions<Data extends object = JsonObject> {
  /**
   * A synchronous Standard Schema (zod, valibot, arktype) for the data of a session. Every write and every load checks the
   * data. The store keeps the output of the schema, which must pass the schema again unchanged. Default: data is any JSON
   * object.
   */
  data?: StandardSchemaV1<unknown, Data> | undefined
  /**
   * Turns stored data that no longer fits the schema into data that does. A load does not write the result; the next write
   * does. Default: none.
   */
  upgrade?: ((old: JsonObject) => unknown) | undefined
  /**
   * How a session counts whose stored data does not fit and cannot be upgraded. `'error'`: load, update and rotate reject
   * with `SESS_CORRUPT`. `'absent'`: they resolve with null, and nothing is deleted. Default `'error'`.
   */
  onInvalidData?: 'error' | 'absent' | undefined
}

/** The options of a store, with the schema that gives the type of its data. */
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
   * Whether the store keeps the ids of sessions. `'hashed'`, the default: it keeps only the SHA-256 of an id. `'plain'`: it
   * keeps the id too, in the payload. A store of one kind finds no session of the other kind, and refuses to open on such
   * sessions (`SESS_CONFIG`).
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
   * Called with an error that no caller is waiting for: a failed background clean-up, which is tried again; a record that a
   * list leaves out because it cannot be read; a failed `close`. Default: such errors are dropped.
   */
  onBackgroundError?: ((error: Error) => void) | undefined
  /** Makes ids and states. It is there for tests of collisions. Default: 256 CSPRNG bits, base64url. */
  generateId?: (() => string) | undefined
}
