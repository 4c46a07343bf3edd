import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { SessionError } from '../../contract/errors.ts'
import type { IdentityRef } from '../../contract/session.ts'
import { isObject } from './codec.ts'
import { parseJson } from './json-parse.ts'
import { identityKeyOf } from './session-id.ts'

/** The place of a sealed payload: its kind and its key. A payload that is moved to another place does not open. */
export interface Place {
  readonly kind: 'session' | 'state'
  readonly key: string
}

const cipher = 'aes-256-gcm'
const keyBytes = 32
const saltBytes = 16
const nonceBytes = 12
const tagBytes = 16
/** How many characters of a key's fingerprint stand before the ciphertext. */
const keyIdLength = 8

/** One of the application's keys, with its fingerprint and the secret of the identity index. */
interface SealKey {
  readonly id: string
  readonly secret: Buffer
  readonly indexSecret: Buffer
}

/**
 * Seals payloads with AES-256-GCM. Each message has its own key, derived from the application's key and a random salt, so
 * there is no limit to the number of messages. A sealed payload is `{"sealed":"<key id>.<base64url>"}`: JSON, as every
 * payload.
 */
export class Seal {
  readonly #keys: readonly [SealKey, ...SealKey[]]
  readonly #acceptPlainUntil: number | null
  readonly #now: () => number

  /** `keys`: 32 bytes each, the newest first. `acceptPlainUntil`: epoch ms until which an unsealed payload is read; null for never. */
  constructor(keys: readonly Uint8Array[], acceptPlainUntil: number | null, now: () => number) {
    this.#keys = keys.map(sealKey) as unknown as readonly [SealKey, ...SealKey[]]
    this.#acceptPlainUntil = acceptPlainUntil
    this.#now = now
  }

  /** Seals a payload with the newest key. */
  seal(place: Place, payload: string): string {
    const [{ id, secret }] = this.#keys
    const salt = randomBytes(saltBytes)
    const { key, nonce } = messageKey(secret, salt)
    const encryption = createCipheriv(cipher, key, nonce)
    encryption.setAAD(associatedData(place))
    const sealed = [salt, encryption.update(payload, 'utf8'), encryption.final(), encryption.getAuthTag()]
    return `{"sealed":"${id}.${Buffer.concat(sealed).toString('base64url')}"}`
  }

  /** Returns the unsealed payload. @throws `SESS_CORRUPT` where it was altered or moved, or no key opens it */
  open(place: Place, payload: string): string {
    const sealed = sealedPart(payload)
    if (sealed === null) {
      if (this.#acceptsPlain()) return payload
      throw new SessionError('SESS_CORRUPT', 'the stored payload is not sealed, but this store has seal keys')
    }
    const [id, text = ''] = sealed.split('.')
    const bytes = Buffer.from(text, 'base64url')
    const key = this.#keys.find((candidate) => candidate.id === id)
    if (key === undefined)
      throw new SessionError('SESS_CORRUPT', 'the stored payload was sealed with a key that this store does not have')
    // Several base64url strings decode to the same bytes. Only the canonical one was written.
    if (bytes.length < saltBytes + tagBytes || bytes.toString('base64url') !== text) throw altered()
    return opened(key, place, bytes)
  }

  /** Returns the index keys under which a person's sessions may lie, the newest first. */
  identityKeysOf(ref: IdentityRef): readonly string[] {
    const name = JSON.stringify([ref.providerId, ref.externalId])
    const keys = this.#keys.map(({ indexSecret }) => createHmac('sha256', indexSecret).update(name).digest('base64url'))
    return this.#acceptsPlain() ? [...keys, identityKeyOf(ref)] : keys
  }

  /** Returns the index key for a session of this person that is written now. */
  identityKeyOf(ref: IdentityRef): string {
    const name = JSON.stringify([ref.providerId, ref.externalId])
    return createHmac('sha256', this.#keys[0].indexSecret).update(name).digest('base64url')
  }

  #acceptsPlain(): boolean {
    return this.#acceptPlainUntil !== null && this.#now() < this.#acceptPlainUntil
  }
}

/** Returns the sealed part of a payload; null for one that is not sealed. */
export function sealedPart(payload: string): string | null {
  if (!payload.startsWith('{"sealed"')) {
    // A database may have reformatted the JSON.
    if (!/^\s*\{\s*"sealed"/.test(payload)) return null
  }
  const parsed = parseJson(payload)
  return isObject(parsed) && typeof parsed.sealed === 'string' ? parsed.sealed : null
}

function sealKey(given: Uint8Array): SealKey {
  const secret = Buffer.from(given)
  return {
    id: createHash('sha256').update('sess seal key id\0').update(secret).digest('base64url').slice(0, keyIdLength),
    secret,
    indexSecret: Buffer.from(hkdfSync('sha256', secret, '', 'sess identity index', keyBytes)),
  }
}

function messageKey(secret: Buffer, salt: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const derived = new Uint8Array(hkdfSync('sha256', secret, salt, 'sess payload', keyBytes + nonceBytes))
  return { key: derived.subarray(0, keyBytes), nonce: derived.subarray(keyBytes) }
}

function opened({ secret }: SealKey, place: Place, bytes: Buffer): string {
  const { key, nonce } = messageKey(secret, bytes.subarray(0, saltBytes))
  const decryption = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
  decryption.setAAD(associatedData(place))
  decryption.setAuthTag(bytes.subarray(-tagBytes))
  try {
    const ciphertext = bytes.subarray(saltBytes, -tagBytes)
    return Buffer.concat([decryption.update(ciphertext), decryption.final()]).toString('utf8')
  } catch {
    throw altered()
  }
}

function associatedData({ kind, key }: Place): Buffer {
  return Buffer.from(`sess ${kind}\0${key}`)
}

function altered(): SessionError {
  return new SessionError(
    'SESS_CORRUPT',
    'the stored payload cannot be opened: it was altered, or moved here from another record',
  )
}
