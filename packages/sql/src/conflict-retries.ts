import { setTimeout as delay } from 'node:timers/promises'
import type { DriverFault } from '@sess/core'
import type { SqlDriver } from './driver.ts'

/** How often work is started again that lost to another transaction (a deadlock, a serialization or certification failure). */
const maxTries = 8
/** From this try on it steps aside for a random moment: what it lost to may not have arrived here yet. */
const firstPausedTry = 3

/**
 * Starts work again when it lost to another transaction: the engine has undone it wholly. From the first time on all work
 * is told to lock its rows in one order, which costs a little and rules deadlocks out. What an engine answers in the same
 * tick is given as it is: such an engine has one transaction at a time.
 */
export type ConflictRetries = <T>(run: (lockInOrder: boolean) => T | Promise<T>) => T | Promise<T>

/** `lost`: the faults by which the engine tells that work lost. */
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
