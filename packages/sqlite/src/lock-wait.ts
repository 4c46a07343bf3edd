import { setTimeout as pause } from 'node:timers/promises'
import { isBusy } from './errors.ts'

/**
 * Waits for a lock without blocking the event loop. If an attempt finds the database locked, it is repeated a few milliseconds
 * later, until `limitMs` have passed. The pause is random, so that processes do not collide again.
 *
 * SQLite's own busy timeout would sleep inside the call, and stop every request that this process serves. Another process
 * holds the write lock for about a millisecond, so the wait is short.
 */
export function whenUnlocked<T>(attempt: () => T, limitMs: number): T | Promise<T> {
  try {
    return attempt()
  } catch (error) {
    if (!isBusy(error)) throw error
    return retry(attempt, limitMs)
  }
}

async function retry<T>(attempt: () => T, limitMs: number): Promise<T> {
  const end = performance.now() + limitMs
  for (let longestMs = 2; ; longestMs = Math.min(longestMs * 2, 16)) {
    await pause(Math.min(1 + Math.random() * longestMs, Math.max(1, end - performance.now())))
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error
    }
  }
}
