import { isPlainObject } from '../contract/plain-object.ts'
import { type ConfigField, field } from './fields.ts'
import type { SealOptions } from './store-options.ts'

const keyBytes = 32

/** The keys of a seal as bytes. */
export interface SealConfig {
  readonly keys: readonly Uint8Array[]
  readonly acceptPlainUntil?: Date | undefined
}

/** The field of `seal`. Its message shows no key. */
export function sealKeys(): ConfigField<SealConfig, SealOptions> {
  return field<SealConfig, SealOptions>(
    'must be { keys: [newest, ...older] }, each 32 bytes (or their base64, base64url or hex), with acceptPlainUntil a Date or left out',
    readSeal,
  )
}

function readSeal(value: unknown): SealConfig | undefined {
  if (!isPlainObject(value)) return undefined
  const {
    keys,
    acceptPlainUntil,
    accept_plain_until: snakeCased = acceptPlainUntil,
    ...unknown
  } = value as Record<string, unknown>
  if (!Array.isArray(keys) || keys.length === 0 || Object.keys(unknown).length > 0) return undefined
  const bytes = keys.map(readKey)
  const until = readInstant(snakeCased)
  if (bytes.includes(undefined) || until === null) return undefined
  return { keys: bytes as Uint8Array[], acceptPlainUntil: until }
}

function readKey(key: unknown): Uint8Array | undefined {
  if (key instanceof Uint8Array) return key.length === keyBytes ? Uint8Array.from(key) : undefined
  if (typeof key !== 'string') return undefined
  if (/^[0-9a-f]{64}$/i.test(key)) return Buffer.from(key, 'hex')
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(key) ? Buffer.from(key, 'base64') : undefined
}

/** Returns undefined where the value was left out, null where it is not an instant. A document gives it as a string. */
function readInstant(value: unknown): Date | undefined | null {
  if (value === undefined || value === null) return undefined
  const date = value instanceof Date ? value : typeof value === 'string' ? new Date(value) : null
  return date === null || Number.isNaN(date.getTime()) ? null : date
}
