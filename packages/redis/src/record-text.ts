import { type ChangedRecord, SessionError, type SessionRecord, type StoredTimes } from '@sess/core'

/**
 * How a record lies in its string value: `sess1`, then with 16 digits each expiresAt, the instant by which it is indexed (see
 * the scripts) and deadline, then createdAt with a sign before its digits, then the session's series in 6 hexadecimal digits
 * (see key-layout.ts); then identityKey (empty for none), version and payload with a space in between.
 *
 * One string is read with one MGET. The instants stand first and at fixed places, so that a script reads a few bytes of the
 * start, compares instants as text, and overwrites them in place. Whoever goes by a header has checked its whole form.
 */
const form = /^sess1(\d{16})\d{16}(\d{16})([+-]\d{16})[\da-f]{6}(\S{0,64}) (\S{1,64}) /

/** The same in Lua, for the bytes up to {@link versionEnd}. */
export const luaForm = `^sess1${'%d'.repeat(48)}[+-]${'%d'.repeat(16)}${'%x'.repeat(6)}(%S*) (%S+) `

/** The bytes before identityKey. */
const fixedBytes = 76
/** The offset, as GETRANGE takes it, of the last byte that the space after a version can have. */
export const versionEnd = fixedBytes + 64 + 1 + 64

/** Later than any `Date`. */
const never = '9999999999999999'

const maxLagBits = 21

/** How far an index may lag behind a record: 35 minutes, so that people who click now and then cost it little. */
export const maxLagMs = 2 ** maxLagBits

/** An instant as the scripts compare it. Digits alone: a server compares texts by its locale. */
export function instantText(ms: number): string {
  const digits = String(Math.max(0, Math.ceil(ms)))
  // As most instants have: to pad them costs as much again.
  return digits.length === 13 ? `000${digits}` : digits.padStart(16, '0')
}

/**
 * The times of a write as the scripts take them, empty where the stored ones stay: expiresAt, the instant by which it is to be
 * indexed, and its TTL. The second is the first rounded down, so that it stays the same while a session in use expires later and later.
 */
export function timesText(expiresAt: number | null, now: number): string {
  if (expiresAt === null) return ''
  // A backstop: who reads goes by expiresAt. At least a second, and so never 0, which would be an error.
  const ttl = Math.max(1_000, Math.ceil(expiresAt - now))
  const lag = 2 ** Math.min(maxLagBits, Math.floor(Math.log2(ttl / 8)))
  return `${instantText(expiresAt)}${instantText(Math.floor(expiresAt / lag) * lag)}${ttl}`
}

export function deadlineText(deadline: number | null): string {
  return deadline === null ? never : instantText(deadline)
}

/** What no write but a rotation changes once a record is there: deadline, createdAt and series. */
export function constantText(
  { deadline, createdAt }: Pick<SessionRecord, 'deadline' | 'createdAt'>,
  series: string,
): string {
  const created = Math.abs(Math.trunc(createdAt))
  // A session that was made by hand may be older than 1970.
  return `${deadlineText(deadline)}${createdAt < 0 ? '-' : '+'}${String(created).padStart(16, '0')}${series}`
}

/** What follows the fixed bytes of a record. */
export function restText({ identityKey, version, payload }: ChangedRecord): string {
  return `${identityKey ?? ''} ${version} ${payload}`
}

/** What a script tells of a stored record: its expiresAt, deadline and createdAt. */
export function decodeTimes(text: string): StoredTimes {
  const deadline = text.slice(16, 32)
  return {
    createdAt: Number(text.slice(32)),
    expiresAt: Number(text.slice(0, 16)),
    deadline: deadline === never ? null : Number(deadline),
  }
}

/** The record, or `SESS_CORRUPT` where sess did not write the value: one such value fails alone. */
export function decodeRecord(key: string, value: string): SessionRecord | SessionError {
  const match = form.exec(value)
  if (match === null) {
    return new SessionError('SESS_CORRUPT', 'Redis: what is stored for this session or state is damaged')
  }
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
