import { hash, randomFillSync } from 'node:crypto'
import type { IdentityRef } from '../../contract/session.ts'

const idBytes = 32
/** One call to the CSPRNG draws the bytes of 64 ids: a call costs as much as forty ids. */
const pool = Buffer.allocUnsafeSlow(idBytes * 64)
let used = pool.length

/** Returns 256 CSPRNG bits in base64url: 43 characters. */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const id = pool.toString('base64url', used, used + idBytes)
  // The pool must not keep a secret that was given out.
  pool.fill(0, used, used + idBytes)
  used += idBytes
  return id
}

const wellFormed = /^[A-Za-z0-9._~:+/=@-]{1,512}$/

/** The form of an id or a state, for messages. */
export const idForm = '1 to 512 characters of A-Z a-z 0-9 . _ ~ : + / = @ -'

/** True for a string of the form of an id or a state, {@link idForm}. No session has another id. */
export function isWellFormedId(id: string): boolean {
  // Check the length first, so that the pattern never runs over ten megabytes.
  return id.length <= 512 && wellFormed.test(id)
}

/** True for a string of the form of a SHA-256 in base64url. */
export function isHash(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

/** Returns the SHA-256 in base64url: 43 characters. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Printable ASCII without a space. */
const plainIdentity = /^[!-~]{1,64}$/

/**
 * Returns the index key of an identity: `provider|external`, which is readable in the index. The first bar ends the
 * provider id. Where the provider id has a bar, or the key would be longer than 64 characters or not printable ASCII, the
 * key is a SHA-256 of the two as JSON. A SHA-256 in base64url has no bar.
 */
export function identityKeyOf({ providerId, externalId }: IdentityRef): string {
  const plain = `${providerId}|${externalId}`
  return plainIdentity.test(plain) && !providerId.includes('|')
    ? plain
    : sha256(JSON.stringify([providerId, externalId]))
}

const writer = randomId().slice(0, 12)
let writes = 0

/** Returns a version that no other write has: a random name of this process and a count. */
export function nextVersion(): string {
  writes += 1
  return writer + writes.toString(36)
}
