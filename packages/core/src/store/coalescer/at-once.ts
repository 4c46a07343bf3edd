import { answerOf } from '../answers.ts'
import type { Batching } from '../backend.ts'
import { afterMicrotasks } from './after-microtasks.ts'
import type { Work } from './task.ts'

type Awaitable<T> = T | Promise<T>

/** Calls that are made at once and alone, for a backend that answers in the same tick. */
export class AtOnce {
  readonly isUsed: boolean
  readonly #immediate: Batching['immediate']
  readonly #toError: (error: unknown) => Error
  #hasRead = false
  readonly #forgetRead = (): void => {
    this.#hasRead = false
  }

  constructor(immediate: Batching['immediate'], toError: (error: unknown) => Error) {
    this.isUsed = immediate !== undefined
    this.#immediate = immediate
    this.#toError = toError
  }

  /**
   * Null for what is to be gathered. So is a read that is answered by a promise after all: it is made again in its turn.
   */
  run<R, T>(
    key: string,
    work: Work,
    call: () => Awaitable<readonly unknown[]>,
    map: (outcome: R) => T | Promise<T>,
  ): Promise<T> | null {
    if (this.#immediate !== 'all' && !(work === 'read' && this.#isFirstRead())) return null
    try {
      const answer = call()
      if (answer instanceof Promise) {
        answer.catch(() => {})
        if (work === 'read') return null
        // A write is never made twice.
        throw new Error("a backend with immediate: 'all' answers in the same tick")
      }
      const outcome = answerOf(work, key, answer)
      if (outcome instanceof Error) throw outcome
      return Promise.resolve(map(outcome as R))
    } catch (error) {
      return Promise.reject(this.#toError(error))
    }
  }

  /** True once until the running microtasks, and with them all who were answered together, have had their turn. */
  #isFirstRead(): boolean {
    if (this.#hasRead) return false
    this.#hasRead = true
    afterMicrotasks(this.#forgetRead)
    return true
  }
}
