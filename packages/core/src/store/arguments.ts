import { isDate } from 'node:util/types'
import { invalidArgument, SessionError } from '../contract/errors.ts'
import { keyInMessage } from '../contract/key-in-path.ts'
import type { Identity, IdentityRef, SessionInput } from '../contract/session.ts'
import { isObject } from './codec.ts'
import { idForm, isWellFormedId } from './session-id.ts'

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
  readonly data: object
  readonly createdAt: number | null
  readonly expiresAt: number
  readonly deadline: number | null
  /** Null where the caller built the session by hand. */
  readonly version: string | null
}

/** @throws `TypeError` for a field of the wrong type, `SESS_NOT_SERIALIZABLE` for a field that no session has */
export function checkSession(session: SessionInput): CheckedSession {
  if (!isObject(session)) throw invalidArgument('session must be an object', 'type')
  const { id, identity, data, createdAt, expiresAt, deadline, version } = session as SessionInput
  if (!isWellFormedId(idArgument(id, 'session.id'))) {
    throw invalidArgument(`session.id must have ${idForm}`)
  }
  if (stringArgument(version, 'session.version') === '') throw invalidArgument('session.version must not be empty')
  for (const key in session) {
    if (!sessionKeys.has(key) && Object.hasOwn(session, key)) {
      throw new SessionError(
        'SESS_NOT_SERIALIZABLE',
        `${keyInMessage(key)}: a session has no such field and would lose it; data takes fields of your own`,
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
export function idArgument(id: unknown, name = 'id'): string {
  if (typeof id !== 'string') throw invalidArgument(`${name} must be a string`, 'type')
  return id
}

/** @throws `TypeError` for anything but a string or undefined */
export function stringArgument(value: unknown, name: string): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw invalidArgument(`${name} must be a string`, 'type')
  return value
}

/** The argument, `{}` where it was left out. @throws `TypeError` for anything but an object */
export function optionsArgument<T extends object>(options: T | undefined): T | Record<string, never> {
  if (options === undefined) return {}
  if (!isObject(options)) throw invalidArgument('options must be an object', 'type')
  return options
}

/** Epoch milliseconds. @throws `TypeError` for anything but a valid Date */
export function instant(date: unknown, name: string): number {
  if (!isDate(date)) throw invalidArgument(`${name} must be a Date`, 'type')
  const ms = date.getTime()
  if (Number.isNaN(ms)) throw invalidArgument(`${name} must be a valid Date`)
  return ms
}

/** @throws `TypeError` where one of the two strings is missing */
export function identityRef(ref: IdentityRef): IdentityRef {
  if (!isObject(ref)) throw invalidArgument('identity must be an object', 'type')
  idArgument(ref.providerId, 'identity.providerId')
  idArgument(ref.externalId, 'identity.externalId')
  return ref
}
