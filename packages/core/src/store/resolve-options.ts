import { commonOptionsOf, isChecked } from '../config/common-options.ts'
import { configError } from '../config/problems.ts'
import { parseOptions, storeConfig } from '../config/store-config.ts'
import { defaultTimeoutMs, type StoreOptions } from '../config/store-options.ts'
import { durationMs } from '../contract/durations.ts'
import { DataSchema } from './encoding/data-schema.ts'
import { Seal } from './encoding/seal.ts'
import { randomId } from './encoding/session-id.ts'

/** {@link StoreOptions} with every default in place and durations in ms. */
export interface ResolvedOptions {
  readonly ttlMs: number
  /** Null for no absolute limit. */
  readonly maxLifetimeMs: number | null
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
  readonly seal: Seal | null
  readonly dataSchema: DataSchema | null
  readonly onInvalidData: 'error' | 'absent'
}

const commonOptions = storeConfig({})

/** @throws `SESS_CONFIG` with every problem of the options at once */
export function resolveOptions(type: string, options: StoreOptions, expiresByItself: boolean): ResolvedOptions {
  // A config that its schema has checked has the store's own fields too, and no key that nobody knows.
  const given = parseOptions(type, commonOptions, isChecked(options) ? commonOptionsOf(options) : options)
  const cleanupInterval = given.cleanupInterval ?? (expiresByItself ? false : durationMs('10m'))
  const now = given.now === undefined ? Date.now : wholeMs(given.now)
  const ttlMs = given.ttl ?? durationMs('24h')
  const { maxLifetime, seal, data, upgrade } = given
  // A default is no contradiction: the limit cuts it short.
  const isBelowTtl = typeof maxLifetime === 'number' && given.ttl !== undefined && maxLifetime < given.ttl
  if (isBelowTtl) refuse(type, 'maxLifetime', 'must not be below ttl')
  if (upgrade !== undefined && data === undefined)
    refuse(type, 'upgrade', 'needs data, the schema that its result is to fit')
  return {
    ttlMs,
    maxLifetimeMs: maxLifetime === undefined ? Math.max(durationMs('30d'), ttlMs) : maxLifetime,
    now,
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
    seal: seal === undefined ? null : new Seal(seal.keys, seal.acceptPlainUntil?.getTime() ?? null, now),
    dataSchema: data === undefined ? null : new DataSchema({ schema: data, upgrade: upgrade ?? null }),
    onInvalidData: given.onInvalidData ?? 'error',
  }
}

function refuse(type: string, option: string, message: string): never {
  throw configError(`Bad options for a ${type} store`, [{ path: [option], message }])
}

/** An instant is a whole number of ms everywhere; a caller's clock need not be. */
function wholeMs(now: () => number): () => number {
  return () => Math.floor(now())
}
