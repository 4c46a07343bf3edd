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
  /** True where `now` is this machine's own clock. */
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
  // A checked config has the fields of its store too. Its schema has already refused unknown keys.
  const given = parseOptions(type, commonOptions, isChecked(options) ? commonOptionsOf(options) : options)
  const cleanupInterval = given.cleanupInterval ?? (expiresByItself ? false : durationMs('10m'))
  const now = given.now === undefined ? Date.now : wholeMs(given.now)
  const ttlMs = given.ttl ?? durationMs('24h')
  const { maxLifetime, seal, data, upgrade } = given
  // Only a given ttl can contradict maxLifetime. The default ttl is cut short by it.
  const isBelowTtl = typeof maxLifetime === 'number' && given.ttl !== undefined && maxLifetime < given.ttl
  if (isBelowTtl) refuse(type, 'maxLifetime', 'must not be below ttl')
  if (upgrade !== undefined && data === undefined)
    refuse(type, 'upgrade', 'needs the option data: the schema that its result must fit')
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

/** Instants are whole milliseconds everywhere. A caller's clock may return fractions. */
function wholeMs(now: () => number): () => number {
  return () => Math.floor(now())
}
