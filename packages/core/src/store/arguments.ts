import { isDate } from 'node:util/types'
import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Identity, IdentityRef, SessionInput } from '../contract/session.ts'
import { isObject } from './codec.ts'
import { isWellFormedId } from './session-id.ts'

const sessionKeys: ReadonlySet<string> = new Set([
  'id',
  'identity',
  'data',
  'createdAt',
  'expiresAt',
  'deadline',
  'version',
])

/** A caller's session with every default in place and instants as epoch milliseconds. */
export interface CheckedSession {
  readonly id: string
  readonly identity: Identity | null
  readonly data: JsonObject
  readonly createdAt: number | null
  readonly expiresAt: number
  readonly deadline: number | null
  /** Null where the caller built the session by hand. */
  readonly version: string | null
}

/** @throws `TypeError` for a field of the wrong type, `SESS_NOT_SERIALIZABLE` for a field that no session has */
export function checkSession(session: SessionInput): CheckedSession {
  if (!isObject(session)) throw invalidArgument('a session is an object')
  const { id, identity, data, createdAt, expiresAt, deadline, version } = session as SessionInput
  if (!isWellFormedId(idArgument(id)))
    throw invalidArgument('a session id has 1 to 512 characters of A-Z a-z 0-9 . _ ~ : + / = @ -')
  if (version !== undefined && (typeof version !== 'string' || version === ''))
    throw invalidArgument('version is what a store gave')
  for (const key in session) {
    if (!sessionKeys.has(key) && Object.hasOwn(session, key)) {
      throw new SessionError(
        'SESS_NOT_SERIALIZABLE',
        `${key.slice(0, 64)}: a session has no such field and would lose it; data takes fields of your own`,
      )
    }
  }
  return {
    id,
    identity: identity ?? null,
    data: data ?? {},
    createdAt: createdAt === undefined ? null : instant(createdAt, 'createdAt'),
    expiresAt: instant(expiresAt, 'expiresAt'),
    deadline: deadline === undefined || deadline === null ? null : instant(deadline, 'deadline'),
    version: version ?? null,
  }
}

/** @throws `TypeError` for anything but a string */
export function idArgument(id: unknown): string {
  if (typeof id !== 'string') throw invalidArgument('an id is a string')
  return id
}

/** @throws `TypeError` for anything but a string or undefined */
export function textArgument(text: unknown, name: string): string | undefined {
  if (text !== undefined && typeof text !== 'string') throw invalidArgument(`${name} is a string`)
  return text
}

/** The argument, `{}` where it was left out. @throws `TypeError` for anything but an object */
export function optionsArgument<T extends object>(options: T | undefined): T | Record<string, never> {
  if (options === undefined) return {}
  if (!isObject(options)) throw invalidArgument('the options are an object')
  return options
}

/** Epoch milliseconds. @throws `TypeError` for anything but a valid Date */
export function instant(date: unknown, name: string): number {
  const ms = isDate(date) ? date.getTime() : Number.NaN
  if (Number.isNaN(ms)) throw invalidArgument(`${name} is a valid Date`)
  return ms
}

/** @throws `TypeError` where one of the two texts is missing */
export function identityRef(ref: IdentityRef): IdentityRef {
  if (!isObject(ref) || typeof ref.providerId !== 'string' || typeof ref.externalId !== 'string') {
    throw invalidArgument('an identity is named by the texts providerId and externalId')
  }
  return ref
}
