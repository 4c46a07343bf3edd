import { AsyncLocalStorage } from 'node:async_hooks'
import { SessionError } from '../contract/errors.ts'
import type { Coalescer, Deadline, HeldKey } from './coalescer/coalescer.ts'
import { Timeouts, withinTime } from './timeouts.ts'

/** A change that is being called, as the code in it sees it. */
interface RunningChange {
  readonly key: string
  /** The change whose code called the update that this one belongs to. */
  readonly outer: RunningChange | null
  isRunning: boolean
}

/** The turns on one key that others wait for, and how they hear of the last one's end. */
interface Blocking {
  count: number
  readonly ended: Promise<void>
  readonly end: () => void
}

/**
 * Updates and rotations of one session take turns. One whose change is async gives its key back while the change runs, so
 * that loads, saves and deletes pass; further updates and rotations wait until it is over. Those that the change makes
 * itself, directly or not, don't wait for it; once it has ended, code that it started is like any other.
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

  /** The time in which a change runs does not count for its call; it has a limit of its own. */
  async #ended<T>(result: PromiseLike<T>, deadline: Deadline): Promise<T> {
    const startClock = this.#coalescer.stopClock(deadline)
    try {
      return await withinTime(this.#timeouts, Promise.resolve(result), () => this.#lateError())
    } finally {
      startClock()
    }
  }

  /** The running change that the calling code is part of. */
  #caller(): RunningChange | null {
    let change = this.#calledFrom.getStore() ?? null
    while (change !== null && !change.isRunning) change = change.outer
    return change
  }

  /** How many of the running changes on a key the calling code is part of. */
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

/** One update or rotation, all of its tries. */
export interface UpdateTurn {
  /** Resolves with the key's place, once no other change runs on it. @throws `SESS_TIMEOUT` */
  hold(): Promise<HeldKey>
  /**
   * Calls a change, then `store` with its result and a way to write that. After an async change the write takes its place
   * among the operations of its key when the change has ended.
   * @throws what the change throws, `SESS_TIMEOUT` where it has not ended after `updateTimeoutMs`
   */
  run<T, R>(
    held: HeldKey,
    change: () => T | PromiseLike<T>,
    store: (result: T, write: HeldKey['write']) => Promise<R>,
  ): Promise<R>
  /** Lets those go who wait for it. */
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
