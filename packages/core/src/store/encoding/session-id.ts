import { hash, randomFillSync } from 'node:crypto'
import type { IdentityRef } from '../../contract/session.ts'

const idBytes = 32
/** Random bytes are drawn for many ids at once: one call to the CSPRNG costs as much as forty ids. */
const pool = Buffer.allocUnsafeSlow(idBytes * 64)
let used = pool.length

/** 256 CSPRNG bits in base64url: 43 characters. */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const id = pool.toString('base64url', used, used + idBytes)
  // A secret that has been given out does not stay in memory.
  pool.fill(0, used, used + idBytes)
  used += idBytes
  return id
}

const wellFormed = /^[A-Za-z0-9._~:+/=@-]{1,512}$/

/** What an id or a state has, in words. */
export const idForm = '1 to 512 characters of A-Z a-z 0-9 . _ ~ : + / = @ -'

/** Whether a text has the form of an id or a state, {@link idForm}. Anything else is unknown by its form. */
export function isWellFormedId(id: string): boolean {
  // The length first: a pattern need not see ten megabytes.
  return id.length <= 512 && wellFormed.test(id)
}

/** Whether a string has the form of a SHA-256 in base64url. */
export function isHash(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

/** SHA-256 in base64url: 43 characters. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Printable ASCII without a space. */
const plainIdentity = /^[!-~]{1,64}$/

/**
 * The index key of an identity: `provider|external`, which whoever looks into the index can read. The first bar ends the
 * provider, so one with a bar, as everything longer or of other characters, has a SHA-256, which has no bar; JSON keeps the
 * two parts apart whatever they contain.
 */
export function identityKeyOf({ providerId, externalId }: IdentityRef): string {
  const plain = `${providerId}|${externalId}`
  return plainIdentity.test(plain) && !providerId.includes('|')
    ? plain
    : sha256(JSON.stringify([providerId, externalId]))
}

const writer = randomId().slice(0, 12)
let writes = 0

/** A version that no other write has had: this process's random name and a count. */
export function nextVersion(): string {
  writes += 1
  return writer + writes.toString(36)
}
