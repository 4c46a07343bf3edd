import { AsyncLocalStorage } from 'node:async_hooks'
import { SessionError } from '../contract/errors.ts'
import type { Coalescer, Deadline, HeldKey } from './coalescer/coalescer.ts'
import { Timeouts, withinTime } from './timeouts.ts'

/** A change that is running. */
interface RunningChange {
  readonly key: string
  /** The running change whose code called this update; null where no change did. */
  readonly outer: RunningChange | null
  isRunning: boolean
}

/** The async changes that run on one key, with a promise of the end of the last one. */
interface Blocking {
  count: number
  readonly ended: Promise<void>
  readonly end: () => void
}

/**
 * Updates and rotations of one session take turns. An update with an async change releases its key while the change runs,
 * so that loads, saves and deletes pass. Other updates and rotations of the session wait until that update is over. Updates
 * and rotations that the change itself calls, directly or not, do not wait for it. Once the change has ended, code that it
 * started waits like any other.
 */
export class UpdateTurns {
  readonly #coalescer: Coalescer
  readonly #timeouts: Timeouts
  readonly #updateTimeoutMs: number
  readonly #blocking = new Map<string, Blocking>()
  readonly #calledFrom = new AsyncLocalStorage<RunningChange>()

  constructor(coalescer: Coalescer, updateTimeoutMs: number) {
    this.#coalescer = coalescer
    this.#timeouts = new Timeouts(updateTimeoutMs)
    this.#updateTimeoutMs = updateTimeoutMs
  }

  begin(key: string): UpdateTurn {
    const deadline = this.#coalescer.deadline()
    let isBlocking = false
    return {
      hold: async () => {
        for (;;) {
          const held = await this.#coalescer.hold(key, deadline)
          const blocking = this.#blocking.get(key)
          const own = this.#countAround(key) + (isBlocking ? 1 : 0)
          if (blocking === undefined || blocking.count === own) return held
          held.release()
          await this.#coalescer.within(deadline, blocking.ended, waitedTooLong)
        }
      },
      run: async (held, change, store) => {
        const self: RunningChange = { key, outer: this.#caller(), isRunning: true }
        try {
          const result = this.#calledFrom.run(self, change)
          if (!isThenable(result)) return store(result, held.write)
          if (!isBlocking) this.#enter(key)
          isBlocking = true
          held.release()
          const ended = await this.#ended(result, deadline)
          return store(ended, (operation, map) => this.#coalescer.write(operation, map, deadline))
        } finally {
          self.isRunning = false
        }
      },
      end: () => {
        if (isBlocking) this.#leave(key)
        isBlocking = false
      },
    }
  }

  /** The running time of a change does not count towards `timeoutMs`. It has its own limit, `updateTimeoutMs`. */
  async #ended<T>(result: PromiseLike<T>, deadline: Deadline): Promise<T> {
    const startClock = this.#coalescer.stopClock(deadline)
    try {
      return await withinTime(this.#timeouts, Promise.resolve(result), () => this.#lateError())
    } finally {
      startClock()
    }
  }

  /** Returns the running change that the calling code belongs to. */
  #caller(): RunningChange | null {
    let change = this.#calledFrom.getStore() ?? null
    while (change !== null && !change.isRunning) change = change.outer
    return change
  }

  /** Counts the running changes on a key that the calling code belongs to. */
  #countAround(key: string): number {
    let count = 0
    for (let change = this.#caller(); change !== null; change = change.outer) {
      if (change.isRunning && change.key === key) count += 1
    }
    return count
  }

  #enter(key: string): void {
    const blocking = this.#blocking.get(key)
    if (blocking !== undefined) {
      blocking.count += 1
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#blocking.set(key, { count: 1, ended: promise, end: resolve })
  }

  #leave(key: string): void {
    const blocking = this.#blocking.get(key) as Blocking
    blocking.count -= 1
    if (blocking.count > 0) return
    this.#blocking.delete(key)
    blocking.end()
  }

  #lateError(): SessionError {
    return new SessionError(
      'SESS_TIMEOUT',
      `the change did not end within updateTimeoutMs = ${this.#updateTimeoutMs}; nothing is written`,
    )
  }
}

/** The turn of one update or rotation, over all of its attempts. */
export interface UpdateTurn {
  /** Resolves with the held key, once no other change runs on it. @throws `SESS_TIMEOUT` */
  hold(): Promise<HeldKey>
  /**
   * Calls a change, then `store` with its result and a write function. After an async change, the write joins the
   * operations of its key when the change has ended.
   * @throws the error of the change, `SESS_TIMEOUT` where the change has not ended after `updateTimeoutMs`
   */
  run<T, R>(
    held: HeldKey,
    change: () => T | PromiseLike<T>,
    store: (result: T, write: HeldKey['write']) => Promise<R>,
  ): Promise<R>
  /** Ends the turn: waiting updates and rotations go on. */
  end(): void
}

function waitedTooLong(): SessionError {
  return new SessionError(
    'SESS_TIMEOUT',
    'another change of this session did not end within timeoutMs; nothing is written',
  )
}

/** True for a promise of any library. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
