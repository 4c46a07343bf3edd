import { types } from 'node:util'
import { durationMs } from '../../src/contract/durations.ts'
import { invalidArgument, SessionError } from '../../src/contract/errors.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import type { Identity, IdentityRef } from '../../src/contract/session.ts'

/** What the reference store accepts. */
export function isValidId(id: string): boolean {
  return /^[A-Za-z0-9._~:+/=@-]{1,512}$/.test(id)
}

export function checkString(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalidArgument(`${name} is a string`)
  return value
}

export function checkId(value: unknown): string {
  const id = checkString(value, 'id')
  if (!isValidId(id)) throw invalidArgument('an id has 1 to 512 characters of A-Z a-z 0-9 . _ ~ : + / = @ -')
  return id
}

export function checkDate(value: unknown, name: string): Date {
  if (!types.isDate(value) || Number.isNaN(value.getTime())) throw invalidArgument(`${name} is a valid Date`)
  return value
}

export function checkOptions<T extends object>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgument('an object is expected')
  return value
}

export function checkRef(value: IdentityRef): IdentityRef {
  const { providerId, externalId } = checkOptions(value)
  return {
    providerId: checkString(providerId, 'identity.providerId'),
    externalId: checkString(externalId, 'identity.externalId'),
  }
}

const identityFields = ['providerId', 'externalId', 'email', 'username', 'attributes']

export function checkIdentity(value: Identity | null): Identity | null {
  if (value === null) return null
  const identity = { ...checkOptions(value), ...checkRef(value) }
  for (const name of Object.keys(identity)) {
    if (!identityFields.includes(name)) throw invalidArgument('identity has a field that is unknown')
  }
  const { email, username, attributes = {} } = identity
  if (email !== undefined) checkString(email, 'identity.email')
  if (username !== undefined) checkString(username, 'identity.username')
  for (const text of Object.values(checkOptions(attributes))) checkString(text, 'identity.attributes')
  return { ...identity, attributes: { ...attributes } }
}

/** Refuses what JSON does not carry unchanged, with the path of the value. */
export function checkJson(value: unknown, path: string, parents: readonly object[] = []): asserts value is JsonObject {
  const refuse = (): never => {
    throw new SessionError('SESS_NOT_SERIALIZABLE', `${path} is not JSON`)
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : refuse()
  if (typeof value !== 'object' || parents.includes(value) || parents.length > 500) return refuse()
  if (Object.getOwnPropertySymbols(value).length > 0) return refuse()
  const inner = [...parents, value]
  if (Array.isArray(value)) {
    if (Object.keys(value).length !== value.length) return refuse()
    for (const [n, item] of value.entries()) checkJson(item, `${path}[${n}]`, inner)
    return
  }
  if (!isPlain(value) || Object.hasOwn(value, '__proto__')) return refuse()
  for (const [name, item] of Object.entries(value)) checkJson(item, `${path}.${name}`, inner)
}

export function copyJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyJson) as T
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyJson(item)])) as T
}

/** A plain object of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== null && Object.getPrototypeOf(prototype) === null
}

const longest = 100 * 365 * 86_400_000

export function checkExpiry(value: unknown, now: number): number {
  const ms = checkDate(value, 'expiresAt').getTime()
  if (ms - now > longest) throw invalidArgument('expiresAt is at most 100 years away')
  return ms
}

export function checkFuture(value: unknown, name: string, now: number): number {
  const ms = checkDate(value, name).getTime()
  if (ms <= now) throw invalidArgument(`${name} is in the future`)
  if (ms - now > longest) throw invalidArgument(`${name} is at most 100 years away`)
  return ms
}

export function checkDuration(value: unknown): number {
  if (typeof value !== 'number') throw invalidArgument('ttlMs is a number')
  return durationMs(value)
}

export function checkCount(value: unknown, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) throw invalidArgument('a count is a whole number')
  return value as number
}

export function checkCondition(value: unknown): 'absent' | 'exists' | 'unchanged' | undefined {
  if (value === undefined || value === 'absent' || value === 'exists' || value === 'unchanged') return value
  throw invalidArgument('if is absent, exists or unchanged')
}

export function isSamePerson(a: Identity | null, b: Identity | null): boolean {
  return a?.providerId === b?.providerId && a?.externalId === b?.externalId
}
