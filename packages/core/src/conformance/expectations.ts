import assert from 'node:assert/strict'
import { types } from 'node:util'
import type { SessionErrorCode } from '../contract/errors.ts'

/** Deep strict equality (dates, prototypes and -0 included); a difference is reported under the promise it breaks. */
export function same(actual: unknown, expected: unknown, promise: string): void {
  try {
    assert.deepStrictEqual(actual, expected)
  } catch (error) {
    fail(`${promise}\n${(error as Error).message}`)
  }
}

export function holds(condition: boolean, promise: string): asserts condition {
  if (!condition) fail(promise)
}

export function differs(actual: unknown, unexpected: unknown, promise: string): void {
  if (Object.is(actual, unexpected)) fail(promise)
}

export function fail(message: string): never {
  throw new assert.AssertionError({ message })
}

/** The error with which the call rejects. A call that resolves, or that throws before it returns a promise, fails. */
export async function rejection(call: () => unknown, promise: string): Promise<Error & { code?: unknown }> {
  let pending: unknown
  try {
    pending = call()
  } catch (error) {
    fail(`${promise}: it threw synchronously instead of rejecting (${describeError(error)})`)
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
  if (!codes.includes(error.code)) fail(`${promise}: expected ${codes.join(' or ')}, got ${describeError(error)}`)
  return error
}

export async function rejectsWithTypeError(call: () => unknown, promise: string): Promise<Error> {
  const error = await rejection(call, promise)
  if (!isTypeError(error)) fail(`${promise}: expected a TypeError, got ${describeError(error)}`)
  return error
}

/** Also for an error of another realm: jest runs tests in one of their own, and what Node throws is not from there. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error
}

export function isTypeError(value: unknown): value is TypeError {
  return isError(value) && (value instanceof TypeError || value.name === 'TypeError')
}

export function describeError(error: unknown): string {
  if (!isError(error)) return String(error)
  const { code } = error as { code?: unknown }
  return `${error.name}${code === undefined ? '' : ` ${String(code)}`}: ${error.message}`
}
