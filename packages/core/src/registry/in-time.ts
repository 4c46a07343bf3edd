import { longestTimerMs } from '../contract/durations.ts'
import { SessionError } from '../contract/errors.ts'
import { Timeouts, withinTime } from '../store/timeouts.ts'

/**
 * Settles as `work` does, or rejects with `SESS_TIMEOUT`. It keeps the process alive until then: otherwise a promise that
 * never settles would let the process exit silently.
 */
export async function inTime<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const alive = setInterval(() => {}, longestTimerMs)
  try {
    return await withinTime(
      new Timeouts(timeoutMs),
      work,
      () => new SessionError('SESS_TIMEOUT', `${what} did not end within ${timeoutMs} ms`),
    )
  } finally {
    clearInterval(alive)
  }
}
