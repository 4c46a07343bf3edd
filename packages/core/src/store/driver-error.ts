import { SessionError, type SessionErrorCode } from '../contract/errors.ts'

/**
 * A `SessionError` for an error of a driver. Its cause keeps the driver error's name, message, code and stack, and
 * nothing else: drivers attach the command or the parameters, and those hold ids and data.
 * `message` is ours; `retryable` defaults to what the code implies.
 */
export function driverError(
  code: SessionErrorCode,
  message: string,
  error: unknown,
  retryable?: boolean,
): SessionError {
  return new SessionError(code, message, { cause: bare(error), ...(retryable !== undefined && { retryable }) })
}

function bare(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('the driver failed without an Error')
  const { name, message, stack } = error
  const { code } = error as { code?: unknown }
  const cause = Object.assign(
    new Error(message),
    { name },
    typeof code === 'string' || typeof code === 'number' ? { code } : {},
  )
  if (stack !== undefined) Object.defineProperty(cause, 'stack', { value: stack, configurable: true, writable: true })
  return cause
}
