import { SessionError, type SessionRecord, type StateRecord } from '@sess/core'

/**
 * How a record lies in its string value: `sess1`, then with 16 digits each expiresAt, the instant by which it is indexed (see
 * the scripts) and deadline, then createdAt with a sign before its digits; then identityKey (empty for none), version and
 * payload with a space in between.
 *
 * One string is read with one MGET. The instants stand first and at fixed places, so that a script reads a few bytes of the
 * start, compares instants as text, and overwrites them in place.
 */
const form = /^sess1(\d{16})\d{16}(\d{16})([+-]\d{16})(\S*) (\S+) /

/** Later than any `Date`. */
const never = '9999999999999999'

/** An instant as the scripts compare it. */
export function instantText(ms: number): string {
  return String(Math.max(0, Math.ceil(ms))).padStart(16, '0')
}

/** A record in the two parts that a script takes: expiresAt, deadline and createdAt, and what follows them in the value. */
export function encodeRecord(record: SessionRecord): [instants: string, rest: string] {
  const { version, createdAt, expiresAt, deadline, identityKey, payload } = record
  const instants = `${instantText(expiresAt)}${deadline === null ? never : instantText(deadline)}${signedText(createdAt)}`
  return [instants, `${identityKey ?? ''} ${version} ${payload}`]
}

/** A state has the same form: one set of scripts serves both. */
export function encodeState({ expiresAt, payload }: StateRecord): [instants: string, rest: string] {
  return [`${instantText(expiresAt)}${never}${signedText(0)}`, ` - ${payload}`]
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
