import { isDate } from 'node:util/types'
import { closestName } from '../config/closest-name.ts'
import { durationMs, maxDurationMs } from '../contract/durations.ts'
import { invalidArgument, SessionError } from '../contract/errors.ts'
import { keyInMessage } from '../contract/key-in-path.ts'
import type { SaveOptions } from '../contract/method-options.ts'
import { type MethodWithOptions, optionsOfMethod } from '../contract/option-names.ts'
import type { Identity, IdentityRef, Session } from '../contract/session.ts'
import { isObject, rightName } from './encoding/codec.ts'
import { isMoved } from './encoding/given-expiry.ts'
import { idForm, isWellFormedId } from './encoding/session-id.ts'

const sessionKeys: ReadonlySet<string> = new Set([
  'id',
  'handle',
  'identity',
  'data',
  'createdAt',
  'lastSeenAt',
  'authenticatedAt',
  'expiresAt',
  'ttlMs',
  'deadline',
  'version',
] satisfies (keyof Session)[])

/** A session from a caller, before it is checked. */
type Untyped = { readonly [Name in keyof Session]?: Session<object>[Name] | undefined }

/** A caller's session after the check. Instants are epoch milliseconds. A field that was left out is null. */
export interface CheckedSession {
  readonly id: string
  readonly identity: Identity | null
  readonly data: object
  readonly createdAt: number | null
  readonly authenticatedAt: number | null
  readonly expiresAt: number | null
  /** Whether the caller moved the expiry since a store gave it. */
  readonly movesExpiry: boolean
  readonly ttlMs: number | null
  readonly deadline: number | null
  /** Null where the caller built the session by hand. */
  readonly version: string | null
  /** Whether the save writes over the session that a store gave. If not, it writes every field as it is given. */
  readonly isFromStore: boolean
}

/**
 * Checks the session of a save that has this condition.
 * @throws `TypeError` for a field of the wrong type, `SESS_NOT_SERIALIZABLE` for a field that no session has
 */
export function checkSession(session: Untyped, condition: SaveOptions['if'], now: number): CheckedSession {
  checkFields(session)
  const { identity, data, createdAt, authenticatedAt, expiresAt, ttlMs, deadline, version } = session
  const id = idArgument(session.id, 'session.id')
  if (!isWellFormedId(id)) {
    throw invalidArgument(`session.id must have ${idForm}`)
  }
  if (stringArgument(version, 'session.version') === '') throw invalidArgument('session.version must not be empty')
  const isFromStore = version !== undefined && condition !== 'absent'
  return {
    id,
    identity: identity ?? null,
    data: data ?? {},
    createdAt: instantOrNull(createdAt, 'createdAt'),
    authenticatedAt: instantOrNull(authenticatedAt, 'authenticatedAt'),
    expiresAt: expiresAt === undefined ? null : expiry(expiresAt, now),
    movesExpiry: expiresAt !== undefined && isMoved(expiresAt),
    ttlMs: ttlMs === undefined ? null : idleTime(ttlMs),
    // The stored deadline stays when a session from a store is saved, so its own may have passed.
    deadline: isFromStore ? instantOrNull(deadline, 'deadline') : deadlineOrNull(deadline, now),
    version: version ?? null,
    isFromStore,
  }
}

/**
 * Returns the fields that a change may alter in a session or a summary. `expiresAt` is null where it was left out. @throws
 * as {@link checkSession}
 */
export function checkChanged(
  changed: Untyped,
  { id, handle }: { id: string; handle: string },
  now: number,
): Pick<CheckedSession, 'identity' | 'data' | 'expiresAt'> {
  checkFields(changed)
  const { identity, data, expiresAt } = changed
  const isAnother = id === '' ? changed.handle !== handle : changed.id !== id
  if (isAnother) throw invalidArgument('id and handle must stay as they are in an update; rotate gives a new id')
  return {
    identity: identity ?? null,
    data: data ?? {},
    expiresAt: expiresAt === undefined ? null : expiry(expiresAt, now),
  }
}

function checkFields(session: object): void {
  if (!isObject(session)) throw invalidArgument('session must be an object', 'type')
  for (const key in session) {
    if (!sessionKeys.has(key) && Object.hasOwn(session, key)) {
      const right = rightName(key, sessionKeys)
      throw new SessionError(
        'SESS_NOT_SERIALIZABLE',
        `${keyInMessage(key)}: a session has no such field${right === null ? '' : `, did you mean ${right}?`}; fields of your own belong in data`,
      )
    }
  }
}

function instantOrNull(date: unknown, name: string): number | null {
  return date === undefined || date === null ? null : instant(date, name)
}

/** Epoch milliseconds. An expiry that has passed is allowed: it ends the session. */
function expiry(date: unknown, now: number): number {
  return notTooFar(instant(date, 'expiresAt'), 'expiresAt', now)
}

function deadlineOrNull(date: unknown, now: number): number | null {
  return date === undefined || date === null ? null : deadlineArgument(date, now)
}

/** Epoch milliseconds. @throws `TypeError` for anything but a Date after now, and at most 100 years from now */
export function deadlineArgument(date: unknown, now: number): number {
  const ms = instant(date, 'deadline')
  if (ms <= now) throw invalidArgument('deadline must be in the future')
  return notTooFar(ms, 'deadline', now)
}

/** The limit of every duration holds for instants, too. */
function notTooFar(ms: number, name: string, now: number): number {
  if (ms - now > maxDurationMs) throw invalidArgument(`${name} must be at most 100 years from now`)
  return ms
}

function idleTime(ttlMs: unknown): number {
  if (typeof ttlMs !== 'number') throw invalidArgument('ttlMs must be a number of milliseconds', 'type')
  return durationMs(ttlMs, 'ttlMs')
}

/** Checks a whole number. @throws `TypeError` */
export function countArgument(value: unknown, name: string, least: number): number {
  if (typeof value !== 'number') throw invalidArgument(`${name} must be a number`, 'type')
  if (!Number.isSafeInteger(value) || value < least) {
    throw invalidArgument(`${name} must be a whole number, ${least} or more`)
  }
  return value
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

/**
 * Checks that the options of a method are an object, and that the method has an option for each name in it. A misspelt name
 * would otherwise count as left out: `rotate(id, { identiy })` would sign nobody in.
 * @throws `TypeError`
 */
export function checkOptions(method: MethodWithOptions, options: object): void {
  if (!isObject(options)) throw invalidArgument('options must be an object', 'type')
  const known = optionsOfMethod[method]
  for (const name in options) {
    if (!Object.hasOwn(known, name) && Object.hasOwn(options, name)) throw unknownOption(method, name)
  }
}

function unknownOption(method: MethodWithOptions, name: string): TypeError {
  const names = Object.keys(optionsOfMethod[method])
  const closest = closestName(name, names)
  const hint = closest === undefined ? `its options are ${names.join(', ')}` : `did you mean ${closest}?`
  return invalidArgument(`${method} has no option ${keyInMessage(name)}: ${hint}`)
}

/** Epoch milliseconds. @throws `TypeError` for anything but a valid Date */
export function instant(date: unknown, name: string): number {
  if (!isDate(date)) {
    const hint =
      typeof date === 'string' || typeof date === 'number'
        ? `, such as new Date(${typeof date === 'string' ? "'2030-01-01T00:00:00Z'" : 'ms'})`
        : ''
    throw invalidArgument(`${name} must be a Date${hint}`, 'type')
  }
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

/** Checks the condition of a save. @throws `TypeError` */
export function conditionArgument(condition: unknown): SaveOptions['if'] {
  if (condition === undefined || condition === 'absent' || condition === 'exists' || condition === 'unchanged') {
    return condition
  }
  throw invalidArgument("if must be 'absent', 'exists' or 'unchanged'")
}
