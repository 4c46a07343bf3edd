import assert from 'node:assert/strict'
import { types } from 'node:util'
import type { SessionErrorCode } from '../contract/errors.ts'
import { inThisRealm } from './realm.ts'

/** Deep strict equality (dates, prototypes and -0 included); a difference is reported under the promise it breaks. */
export function same(actual: unknown, expected: unknown, promise: string): void {
  const difference = differenceOf(actual, expected)
  if (difference === null || differenceOf(inThisRealm(actual), inThisRealm(expected)) === null) return
  fail(`${promise}\n${difference}`)
}

function differenceOf(actual: unknown, expected: unknown): string | null {
  try {
    assert.deepStrictEqual(actual, expected)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

export function holds(condition: boolean, promise: string): asserts condition {
  if (!condition) fail(promise)
}

export function differs(actual: unknown, unexpected: unknown, promise: string): void {
  if (Object.is(actual, unexpected)) fail(promise)
}

/** `cause`: what the store threw instead, for the report. */
export function fail(message: string, cause?: unknown): never {
  const error = new assert.AssertionError({ message })
  throw cause === undefined ? error : Object.assign(error, { cause })
}

/** The error with which the call rejects. A call that resolves, or that throws before it returns a promise, fails. */
export async function rejection(call: () => unknown, promise: string): Promise<Error & { code?: unknown }> {
  let pending: unknown
  try {
    pending = call()
  } catch (error) {
    fail(`${promise}: it threw synchronously instead of rejecting (${describeError(error)})`, error)
  }
  try {
    await pending
  } catch (error) {
    holds(isError(error), `${promise}: it rejected with something that is no Error`)
    return error
  }
  fail(`${promise}: it resolved`)
}

/** Codes are compared, never classes: a store may have another copy of the core. */
export async function rejectsWith(
  code: SessionErrorCode | readonly SessionErrorCode[],
  call: () => unknown,
  promise: string,
): Promise<Error> {
  const error = await rejection(call, promise)
  const codes: readonly unknown[] = typeof code === 'string' ? [code] : code
  if (!codes.includes(error.code))
    fail(`${promise}: expected ${codes.join(' or ')}, got ${describeError(error)}`, error)
  return error
}

export async function rejectsWithTypeError(call: () => unknown, promise: string): Promise<Error> {
  const error = await rejection(call, promise)
  if (!isTypeError(error)) fail(`${promise}: expected a TypeError, got ${describeError(error)}`, error)
  return error
}

/** Also for an error of another realm: jest runs tests in one of their own, and what Node throws is not from there. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error
}

export function isTypeError(value: unknown): value is TypeError {
  return isError(value) && (value instanceof TypeError || value.name === 'TypeError')
}

/** The error in one line: its name, code and message. */
export function describeError(error: unknown): string {
  if (!isError(error)) return String(error)
  const { code } = error as { code?: unknown }
  return `${error.name}${code === undefined ? '' : ` ${String(code)}`}: ${error.message}`
}

const mostCauses = 5

/** The error and what caused it, a line for each: the words of a driver are often in a cause alone. */
export function describeWithCauses(error: unknown): string {
  const lines = [describeError(error)]
  for (let { cause } = (error ?? {}) as { cause?: unknown }; cause !== undefined && cause !== null; ) {
    lines.push(`caused by ${describeError(cause)}`)
    if (lines.length > mostCauses) break
    cause = (cause as { cause?: unknown }).cause
  }
  return lines.join('\n')
}
