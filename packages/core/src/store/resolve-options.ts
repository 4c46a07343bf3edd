import { SessionError } from '../contract/errors.ts'
import { durationMs } from '../registry/durations.ts'
import type { StoreOptions } from './options.ts'
import { randomId } from './session-id.ts'

/** {@link StoreOptions} with every default in place and durations in ms. */
export interface ResolvedOptions {
  readonly ttlMs: number
  readonly now: () => number
  readonly ids: 'hashed' | 'plain'
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly coalesce: boolean
  readonly maxPending: number
  readonly maxPendingBytes: number
  /** Null for no background clean-up. */
  readonly cleanupIntervalMs: number | null
  readonly onBackgroundError: (error: Error) => void
  readonly generateId: () => string
}

/** @throws `SESS_CONFIG` naming every option that is wrong */
export function resolveOptions(options: StoreOptions, expiresByItself: boolean): ResolvedOptions {
  const problems: string[] = []
  const check = <T>(name: keyof StoreOptions, fallback: T, isValid: (value: unknown) => boolean, what: string): T => {
    const value: unknown = options[name]
    if (value === undefined) return fallback
    if (!isValid(value)) problems.push(`${name}: ${what}`)
    return value as T
  }
  const duration = (name: 'ttl' | 'cleanupInterval', fallback: string): number => {
    try {
      return durationMs((options[name] as string | undefined) ?? fallback)
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`)
      return 0
    }
  }
  const never = options.cleanupInterval === false || (options.cleanupInterval === undefined && expiresByItself)
  const resolved: ResolvedOptions = {
    ttlMs: duration('ttl', '24h'),
    now: wholeMs(check('now', Date.now, isFunction, 'a function that returns epoch milliseconds')),
    ids: check('ids', 'hashed', (value) => value === 'hashed' || value === 'plain', "'hashed' or 'plain'"),
    timeoutMs: check('timeoutMs', 5_000, isTimeout, 'a number of milliseconds from 1 to 2,147,483,647'),
    maxBytes: check('maxBytes', 1024 * 1024, isCount, 'a whole number of bytes, at least 1'),
    coalesce: check('coalesce', true, (value) => typeof value === 'boolean', 'true or false'),
    maxPending: check('maxPending', 65_536, isCount, 'a whole number, at least 1'),
    maxPendingBytes: check('maxPendingBytes', 64 * 1024 * 1024, isCount, 'a whole number of bytes, at least 1'),
    cleanupIntervalMs: never ? null : duration('cleanupInterval', '10m'),
    onBackgroundError: check('onBackgroundError', () => {}, isFunction, 'a function'),
    generateId: check('generateId', randomId, isFunction, 'a function that returns an id'),
  }
  if (problems.length > 0) throw new SessionError('SESS_CONFIG', `bad options: ${problems.join('; ')}`)
  return resolved
}

/** An instant is a whole number of ms everywhere; a caller's clock need not be. */
function wholeMs(now: () => number): () => number {
  return now === Date.now ? now : () => Math.floor(now())
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

function isTimeout(value: unknown): boolean {
  return typeof value === 'number' && value >= 1 && value <= 2 ** 31 - 1
}
