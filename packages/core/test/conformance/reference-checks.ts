import { types } from 'node:util'
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
