import { createHash } from 'node:crypto'

/**
 * The id in the store of a key of Better Auth. Keys are of any form, and name people and addresses: `verification:` and an
 * e-mail address, an IP and a path. So all of them are hashed; no two keys share an id.
 */
export function idOf(namespace: string, key: string): string {
  if (typeof key !== 'string') throw new TypeError('key must be a string')
  // Not UTF-8, in which all lone surrogates are the same. A namespace has no space.
  return `better-auth:${createHash('sha256').update(`${namespace} ${key}`, 'utf16le').digest('base64url')}`
}

const index = 'active-sessions-'

/** The user whose list of sessions Better Auth keeps under this key; null for any other key. */
export function userOfIndex(key: string): string | null {
  return key.startsWith(index) ? key.slice(index.length) : null
}

const reused = ['verification:', 'revoked-sessions-before-']

/** Whether a key may hold something new after it was deleted. It is asked for thrift: a wrong no costs a small record. */
export function isReused(key: string): boolean {
  return reused.some((start) => key.startsWith(start))
}
