import { AsyncLocalStorage } from 'node:async_hooks'
import { SessionError } from '../contract/errors.ts'
import type { Coalescer, Deadline, HeldKey } from './coalescer.ts'
import { Timeouts, withinTime } from './timeouts.ts'

/** An async change that has not ended. */
interface RunningChange {
  readonly key: string
  /** The change whose code called the update that this one belongs to. */
  readonly outer: RunningChange | null
  isRunning: boolean
}

/** The changes on one key that are running, and how those who wait hear of their end. */
interface Running {
  count: number
  readonly ended: Promise<void>
  readonly end: () => void
}

/**
 * While an async change runs, further updates and rotations of its session wait, and everything else passes. Those that
 * the change itself makes, directly or not, don't wait for it; once it has ended, code that it started is like any other.
 */
export class RunningChanges {
  readonly #coalescer: Coalescer
  readonly #timeouts: Timeouts
  readonly #updateTimeoutMs: number
  readonly #running = new Map<string, Running>()
  readonly #calledFrom = new AsyncLocalStorage<RunningChange>()

  constructor(coalescer: Coalescer, updateTimeoutMs: number) {
    this.#coalescer = coalescer
    this.#timeouts = new Timeouts(updateTimeoutMs)
    this.#updateTimeoutMs = updateTimeoutMs
  }

  /** Resolves with the key's place, once no other change runs on it. @throws `SESS_TIMEOUT` */
  async hold(key: string, deadline: Deadline): Promise<HeldKey> {
    for (;;) {
      const held = await this.#coalescer.hold(key, deadline)
      const running = this.#running.get(key)
      if (running === undefined || running.count === this.#countAround(key)) return held
      held.release()
      await this.#coalescer.within(deadline, running.ended)
    }
  }

  /**
   * Calls a change, then `store` with its result and a way to write it. A change that is async gives its key's place back
   * while it runs, and its time does not count for the call; its write takes its place when it has ended.
   * @throws what the change throws, `SESS_TIMEOUT` where it has not ended after `updateTimeoutMs`
   */
  async run<T, R>(
    { key, held, deadline }: { readonly key: string; readonly held: HeldKey; readonly deadline: Deadline },
    change: () => T | Promise<T>,
    store: (result: T, write: HeldKey['write']) => Promise<R>,
  ): Promise<R> {
    const self: RunningChange = { key, outer: this.#caller(), isRunning: true }
    let result: T | Promise<T>
    try {
      result = this.#calledFrom.run(self, change)
    } catch (error) {
      self.isRunning = false
      throw error
    }
    if (!isThenable(result)) {
      self.isRunning = false
      return store(result, held.write)
    }
    this.#enter(key)
    held.release()
    const startClock = this.#coalescer.stopClock(deadline)
    try {
      const ended = await withinTime(this.#timeouts, Promise.resolve(result), () => this.#lateError())
      startClock()
      self.isRunning = false
      // It is on its way before those who wait for the change hear of its end.
      return store(ended, (operation, map) => this.#coalescer.write(operation, map, deadline))
    } finally {
      self.isRunning = false
      this.#leave(key)
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
    const running = this.#running.get(key)
    if (running !== undefined) {
      running.count += 1
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#running.set(key, { count: 1, ended: promise, end: resolve })
  }

  #leave(key: string): void {
    const running = this.#running.get(key) as Running
    running.count -= 1
    if (running.count > 0) return
    this.#running.delete(key)
    running.end()
  }

  #lateError(): SessionError {
    return new SessionError(
      'SESS_TIMEOUT',
      `the change did not end within updateTimeoutMs = ${this.#updateTimeoutMs}; nothing is written`,
    )
  }
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
