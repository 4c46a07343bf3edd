import { AsyncLocalStorage } from 'node:async_hooks'
import { SessionError } from '../../src/contract/errors.ts'

/** An async change that has not ended. */
interface Change {
  readonly key: string
  /** The change whose code called the update that this one belongs to. */
  readonly outer: Change | undefined
  isRunning: boolean
  readonly ended: Promise<void>
}

/** The async changes that are running: updates and rotations of the same session wait for them, unless they are part of one. */
export class Changes {
  readonly #running = new Set<Change>()
  readonly #caller = new AsyncLocalStorage<Change>()

  /** The changes on the key that the calling code has to wait for. */
  othersOn(key: string): Promise<void>[] {
    const own = new Set<Change>()
    for (let change = this.#caller.getStore(); change; change = change.outer) if (change.isRunning) own.add(change)
    return [...this.#running].filter((change) => change.key === key && !own.has(change)).map(({ ended }) => ended)
  }

  /** Calls a change; where it is async, those on the same key wait until it has ended, or has taken longer than `limitMs`. */
  run<T>(key: string, limitMs: number, call: () => T | Promise<T>): T | Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const change: Change = { key, outer: this.#caller.getStore(), isRunning: true, ended: promise }
    const end = () => {
      change.isRunning = false
      this.#running.delete(change)
      resolve()
    }
    let result: T | Promise<T>
    try {
      result = this.#caller.run(change, call)
    } catch (error) {
      end()
      throw error
    }
    if (!(result instanceof Promise)) {
      end()
      return result
    }
    this.#running.add(change)
    const bounded = inTime(limitMs, result, 'the change did not end')
    bounded.then(end, end)
    return bounded
  }
}

/** What the promise resolves with; rejects with SESS_TIMEOUT after `ms`, counted without pauses of the process. */
export async function inTime<T>(ms: number, promise: Promise<T>, message: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new SessionError('SESS_TIMEOUT', message))
    timer = setTimeout(() => setImmediate(giveUp), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
