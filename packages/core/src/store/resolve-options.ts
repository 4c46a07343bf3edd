import { commonOptionsOf, isChecked } from '../registry/common-options.ts'
import { parseOptions, storeConfig } from '../registry/configuration.ts'
import { durationMs } from '../registry/durations.ts'
import { defaultTimeoutMs, type StoreOptions } from './options.ts'
import { randomId } from './session-id.ts'

/** {@link StoreOptions} with every default in place and durations in ms. */
export interface ResolvedOptions {
  readonly ttlMs: number
  readonly now: () => number
  /** Whether `now` is this machine's own clock. */
  readonly isSystemClock: boolean
  readonly ids: 'hashed' | 'plain'
  readonly timeoutMs: number
  readonly updateTimeoutMs: number
  readonly maxBytes: number
  readonly coalesce: boolean
  readonly maxPending: number
  readonly maxPendingBytes: number
  /** Null for no background clean-up. */
  readonly cleanupIntervalMs: number | null
  readonly onBackgroundError: (error: Error) => void
  readonly generateId: () => string
}

const commonOptions = storeConfig({})

/** @throws `SESS_CONFIG` with every problem of the options at once */
export function resolveOptions(type: string, options: StoreOptions, expiresByItself: boolean): ResolvedOptions {
  // A config that its schema has checked has the store's own fields too, and no key that nobody knows.
  const given = parseOptions(type, commonOptions, isChecked(options) ? commonOptionsOf(options) : options)
  const cleanupInterval = given.cleanupInterval ?? (expiresByItself ? false : durationMs('10m'))
  return {
    ttlMs: given.ttl ?? durationMs('24h'),
    now: given.now === undefined ? Date.now : wholeMs(given.now),
    isSystemClock: given.now === undefined,
    ids: given.ids ?? 'hashed',
    timeoutMs: given.timeoutMs ?? defaultTimeoutMs,
    updateTimeoutMs: given.updateTimeoutMs ?? 30_000,
    maxBytes: given.maxBytes ?? 1024 * 1024,
    coalesce: given.coalesce ?? true,
    maxPending: given.maxPending ?? 65_536,
    maxPendingBytes: given.maxPendingBytes ?? 64 * 1024 * 1024,
    cleanupIntervalMs: cleanupInterval === false ? null : cleanupInterval,
    onBackgroundError: given.onBackgroundError ?? (() => {}),
    generateId: given.generateId ?? randomId,
  }
}

/** An instant is a whole number of ms everywhere; a caller's clock need not be. */
function wholeMs(now: () => number): () => number {
  return () => Math.floor(now())
}
