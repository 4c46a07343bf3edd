import { SessionError } from '../contract/errors.ts'

/** The error of a call that the backend has not answered in time. */
export function lateError(timeoutMs: number): SessionError {
  return new SessionError('SESS_TIMEOUT', `no answer from the backend within timeoutMs = ${timeoutMs}`)
}
