import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { SessionError } from '../../contract/errors.ts'
import type { IdentityRef } from '../../contract/session.ts'
import { isObject } from './codec.ts'
import { parseJson } from './json-parse.ts'
import { identityKeyOf } from './session-id.ts'

/** What is sealed: what it is and under which key it lies. A value that is moved to another place does not open. */
export interface Place {
  readonly kind: 'session' | 'state'
  readonly key: string
}

const cipher = 'aes-256-gcm'
const keyBytes = 32
const saltBytes = 16
const nonceBytes = 12
const tagBytes = 16
/** How many characters of a key's fingerprint stand in front of what it sealed. */
const keyIdLength = 8

/** One of the application's keys, and what is made of it. */
interface SealKey {
  readonly id: string
  readonly secret: Buffer
  readonly indexSecret: Buffer
}

/**
 * Seals payloads with AES-256-GCM. Each message has a key of its own, derived from the application's key and a random salt,
 * so no number of messages wears a key out. A sealed payload is `{"sealed":"<key id>.<base64url>"}`: JSON, as every payload.
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

  /** Under the newest key. */
  seal(place: Place, payload: string): string {
    const [{ id, secret }] = this.#keys
    const salt = randomBytes(saltBytes)
    const { key, nonce } = messageKey(secret, salt)
    const encryption = createCipheriv(cipher, key, nonce)
    encryption.setAAD(associatedData(place))
    const sealed = [salt, encryption.update(payload, 'utf8'), encryption.final(), encryption.getAuthTag()]
    return `{"sealed":"${id}.${Buffer.concat(sealed).toString('base64url')}"}`
  }

  /** The payload that was sealed. @throws `SESS_CORRUPT` where it was altered or moved, or no key opens it */
  open(place: Place, payload: string): string {
    const sealed = sealedPart(payload)
    if (sealed === null) {
      if (this.#acceptsPlain()) return payload
      throw new SessionError('SESS_CORRUPT', 'what is stored is not sealed, and the store has seal keys')
    }
    const [id, text = ''] = sealed.split('.')
    const bytes = Buffer.from(text, 'base64url')
    const key = this.#keys.find((candidate) => candidate.id === id)
    if (key === undefined)
      throw new SessionError('SESS_CORRUPT', 'what is stored was sealed with a key that the store does not have')
    // More than one text decodes to the same bytes, and only one was written.
    if (bytes.length < saltBytes + tagBytes || bytes.toString('base64url') !== text) throw altered()
    return opened(key, place, bytes)
  }

  /** The index keys under which a person's sessions may lie, the newest first. */
  identityKeysOf(ref: IdentityRef): readonly string[] {
    const name = JSON.stringify([ref.providerId, ref.externalId])
    const keys = this.#keys.map(({ indexSecret }) => createHmac('sha256', indexSecret).update(name).digest('base64url'))
    return this.#acceptsPlain() ? [...keys, identityKeyOf(ref)] : keys
  }

  /** The index key that a session of this person is written with. */
  identityKeyOf(ref: IdentityRef): string {
    const name = JSON.stringify([ref.providerId, ref.externalId])
    return createHmac('sha256', this.#keys[0].indexSecret).update(name).digest('base64url')
  }

  #acceptsPlain(): boolean {
    return this.#acceptPlainUntil !== null && this.#now() < this.#acceptPlainUntil
  }
}

/** The sealed part of a payload; null for one that is not sealed. */
export function sealedPart(payload: string): string | null {
  if (!payload.startsWith('{"sealed"')) {
    // A database may have written the JSON anew, with spaces.
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
  return new SessionError('SESS_CORRUPT', 'what is stored does not open: it was altered, or moved from another place')
}
