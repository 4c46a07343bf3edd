import { longestTimerMs } from '../contract/durations.ts'
import { SessionError } from '../contract/errors.ts'
import { Timeouts, withinTime } from '../store/timeouts.ts'

/**
 * Resolves or rejects as `work` does; `SESS_TIMEOUT` where that has not come in time. The process stays alive until then: a
 * promise that nothing will ever settle must not end it without a word.
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
