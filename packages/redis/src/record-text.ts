import { type ChangedRecord, SessionError, type SessionRecord, type StoredTimes } from '@sess/core'
import { type Field, header, reply } from './record-fields.ts'

/**
 * A record is one string: the header (see record-fields.ts), then identityKey (empty for none), version and payload with a space
 * between them. One MGET reads it. A script reads the first bytes, compares instants as strings, and overwrites in place the
 * fields that a touch moves, which stand together. A later layout adds fields at the end of the header: a reader that does not
 * know them keeps them as they are. Every reader checks the form of the whole header before it uses a field.
 */

/** How many bytes the fields have that this layout knows. */
export const headerBytes = header.after - 1

/** Where a field of the header begins, as SETRANGE counts it. */
export function offsetOf(field: Field): string {
  return String(header.from(field) - 1)
}

/** The beginning of a header of this layout. */
export const magic = `sess11${headerBytes.toString(36).padStart(2, '0')}`

const knownForm = /^sess[\da-z]1[\da-z]{2}(\d{16})\d{16}([\da-z]{11})(\d{16})([+-][\da-z]{11})[\da-f]{6}([\da-z]{9})/
const restForm = /(\S{0,64}) (\S{1,64}) /y

/** The known fields in Lua. Behind the header, which says how long it is, comes {@link luaRest}. */
export const luaForm = `^sess[%da-z]1[%da-z][%da-z]${'%d'.repeat(32)}${'[%da-z]'.repeat(11)}${'%d'.repeat(16)}[+-]${'[%da-z]'.repeat(11)}${'%x'.repeat(6)}${'[%da-z]'.repeat(9)}`
/** A record of a later layout that this one's readers cannot read. */
const newerForm = /^sess[\da-z][2-9a-z][\da-z]{2}\d/
/** The same in Lua. */
export const luaNewer = '^sess[%da-z][2-9a-z][%da-z][%da-z]%d'
/** identityKey and version in Lua. */
export const luaRest = '^(%S*) (%S+) '

/** How many bytes later layouts may add, for a script that reads the start of a record. */
const mostTail = 64
/** The offset, as GETRANGE takes it, of the last byte that the space after a version can have. */
export const versionEnd = headerBytes + mostTail + 64 + 1 + 64

/** Later than any `Date`. */
const never = '9999999999999999'

const maxLagBits = 21

/** How far an index may lag behind a record: 35 minutes, so that people who click now and then cost it little. */
export const maxLagMs = 2 ** maxLagBits

/**
 * The times of a touch in Lua: from `stored`, `seen` and `own` to `expires`, `indexed` and `left`, strings all three. `own` is a
 * number of ms, or less than zero: then the session's own idle time holds, or this one's amount where it has none.
 */
export const touchLua = `
local ttl = own
if own < 0 then
  ttl = tonumber(sub(stored, ${header.place('ttlMs')}), 36)
  if ttl == 0 then ttl = -own end
end
local at = tonumber(seen, 36) + ttl
local _, bits = math.frexp(math.max(1000, ttl) / 8)
local lag = 2 ^ math.min(${maxLagBits}, bits - 1)
local expires, indexed = string.format('%016d', at), string.format('%016d', at - at % lag)
local deadline = sub(stored, ${header.place('deadline')})
if expires > deadline then
  at, expires, indexed = tonumber(deadline), deadline, deadline
end
local left = string.format('%d', math.max(1000, at - tonumber(now)))
`

/** An instant as the scripts compare it. It has digits alone, as a server compares strings by its locale. */
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

/** An instant that no script compares, e.g. lastSeenAt. */
export function seenText(ms: number | null): string {
  const digits = Math.max(0, Math.ceil(ms ?? 0)).toString(36)
  // As most instants have.
  return digits.length === 8 ? `000${digits}` : digits.padStart(11, '0')
}

/** An idle time; 0 for none. */
export function ttlText(ttlMs: number | null): string {
  return Math.ceil(ttlMs ?? 0)
    .toString(36)
    .padStart(9, '0')
}

/** The fields that a replacement keeps: deadline, createdAt, series and idle time. */
export function keptText(
  { deadline, createdAt, ttlMs }: Pick<SessionRecord, 'deadline' | 'createdAt' | 'ttlMs'>,
  series: string,
): string {
  const created = Math.abs(Math.trunc(createdAt))
  // A session that was made by hand may be older than 1970.
  const sign = createdAt < 0 ? '-' : '+'
  return `${deadlineText(deadline)}${sign}${created.toString(36).padStart(11, '0')}${series}${ttlText(ttlMs)}`
}

/** The part of a record behind its header. */
export function restText({ identityKey, version, payload }: SessionRecord | ChangedRecord): string {
  return `${identityKey ?? ''} ${version} ${payload}`
}

const [deadlineAt, createdAtAt, ttlMsAt] = [
  reply.from('deadline') - 1,
  reply.from('createdAt') - 1,
  reply.from('ttlMs') - 1,
]

/** Decodes a script's answer about a stored record: its expiresAt, deadline, createdAt and idle time. */
export function decodeTimes(text: string): StoredTimes {
  return {
    expiresAt: Number(text.slice(0, deadlineAt)),
    deadline: deadlineOf(text.slice(deadlineAt, createdAtAt)),
    createdAt: Number.parseInt(text.slice(createdAtAt, ttlMsAt), 36),
    ttlMs: ttlOf(text.slice(ttlMsAt)),
  }
}

const lengthAt = header.from('length') - 1

/** The record, or `SESS_CORRUPT` where sess did not write the value: one such value fails alone. */
export function decodeRecord(key: string, value: string): SessionRecord | SessionError {
  const known = knownForm.exec(value)
  if (known !== null)
    restForm.lastIndex = value.startsWith(magic)
      ? headerBytes
      : Number.parseInt(value.slice(lengthAt, lengthAt + 2), 36)
  const rest = known === null || restForm.lastIndex < headerBytes ? null : restForm.exec(value)
  if (known === null || rest === null) {
    const problem = newerForm.test(value) ? 'a newer version of sess wrote it' : 'it is damaged'
    return new SessionError(
      'SESS_CORRUPT',
      `Redis: what is stored for this session or state cannot be read: ${problem}`,
    )
  }
  const [, expiresAt = '', lastSeenAt = '', deadline = '', createdAt = '', ttlMs = ''] = known
  const [, identityKey = '', version = ''] = rest
  return {
    key,
    version,
    createdAt: Number.parseInt(createdAt, 36),
    lastSeenAt: Number.parseInt(lastSeenAt, 36),
    expiresAt: Number(expiresAt),
    ttlMs: ttlOf(ttlMs),
    deadline: deadlineOf(deadline),
    identityKey: identityKey === '' ? null : identityKey,
    payload: value.slice(restForm.lastIndex),
  }
}

function ttlOf(text: string): number | null {
  return Number.parseInt(text, 36) || null
}

function deadlineOf(text: string): number | null {
  return text === never ? null : Number(text)
}
