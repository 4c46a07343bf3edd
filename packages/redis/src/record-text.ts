import { SessionError, type SessionRecord, type StateRecord } from '@sess/core'

/**
 * How a record lies in its string value: `sess1`, then expiresAt and deadline with 16 digits each and createdAt with a sign
 * before them, all at fixed places; then identityKey (empty for none), version and payload with a space in between.
 *
 * One string is read with one MGET. The header stands before the payload, so that a script reads a few bytes of the start,
 * compares instants as text, and overwrites expiresAt in place.
 */
const form = /^sess1(\d{16})(\d{16})([+-]\d{16})(\S*) (\S+) /

/** Later than any `Date`. */
const never = '9999999999999999'

/** An instant as the scripts compare it. */
export function instantText(ms: number): string {
  return String(Math.max(0, Math.ceil(ms))).padStart(16, '0')
}

export function encodeRecord(record: SessionRecord): string {
  const { version, createdAt, expiresAt, deadline, identityKey, payload } = record
  const times = `${instantText(expiresAt)}${deadline === null ? never : instantText(deadline)}${signedText(createdAt)}`
  return `sess1${times}${identityKey ?? ''} ${version} ${payload}`
}

/** A state has the same form: one set of scripts serves both. */
export function encodeState({ expiresAt, payload }: StateRecord): string {
  return `sess1${instantText(expiresAt)}${never}${signedText(0)} - ${payload}`
}

/** The record, or `SESS_CORRUPT` where sess did not write the value: one such value fails alone. */
export function decodeRecord(key: string, value: string): SessionRecord | SessionError {
  const match = form.exec(value)
  if (match === null) return new SessionError('SESS_CORRUPT', 'what is stored under this key was not written by sess')
  const [header = '', expiresAt, deadline, createdAt, identityKey = '', version = ''] = match
  return {
    key,
    version,
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    deadline: deadline === never ? null : Number(deadline),
    identityKey: identityKey === '' ? null : identityKey,
    payload: value.slice(header.length),
  }
}

/** A session that was made by hand may be older than 1970. */
function signedText(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${String(Math.abs(Math.trunc(ms))).padStart(16, '0')}`
}
