import { setTimeout as delay } from 'node:timers/promises'
import type { DriverFault } from '@sess/core'
import type { SqlDriver } from './driver.ts'

/** How often work runs again after it lost to another transaction (a deadlock, a serialization or certification failure). */
const maxTries = 8
/** From this try on it waits a random moment first: the other transaction may not have arrived at this node yet. */
const firstPausedTry = 3

/**
 * Runs work again after it lost to another transaction, which the engine has undone as a whole. From the first loss on, all
 * work is told to lock its rows in one order: this costs a little and rules out deadlocks. An engine that answers in the same
 * tick has one transaction at a time, so its answer is returned as it is.
 */
export type ConflictRetries = <T>(run: (lockInOrder: boolean) => T | Promise<T>) => T | Promise<T>

/** `lost`: the faults that mean that work lost. */
export function conflictRetries(driver: SqlDriver, lost: readonly DriverFault[] = ['conflict']): ConflictRetries {
  let hasLost = false
  async function untilWon<T>(first: Promise<T>, run: (lockInOrder: boolean) => T | Promise<T>): Promise<T> {
    let answer: T | Promise<T> = first
    for (let tries = 1; ; tries++) {
      try {
        return await answer
      } catch (error) {
        const fault = driver.fault(error)
        if (tries === maxTries || fault === undefined || !lost.includes(fault)) throw error
        hasLost = true
        if (tries >= firstPausedTry) await delay(Math.random() * 2 ** tries)
        answer = run(hasLost)
      }
    }
  }
  return (run) => {
    const answer = run(hasLost)
    return answer instanceof Promise ? untilWon(answer, run) : answer
  }
}
