import { answerOf } from '../answers.ts'
import type { Batching } from '../backend.ts'
import { afterMicrotasks } from './after-microtasks.ts'
import type { Work } from './task.ts'

type Awaitable<T> = T | Promise<T>

/** Makes calls immediately and alone, for a backend that answers in the same tick. */
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
   * Makes the call. Returns null where the operation has to be gathered instead. A read that the backend answers with a
   * promise is gathered too, and so is sent a second time.
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
        // A write must not be sent twice.
        throw new Error("a backend with immediate: 'all' answers in the same tick")
      }
      const outcome = answerOf(work, key, answer)
      if (outcome instanceof Error) throw outcome
      return Promise.resolve(map(outcome as R))
    } catch (error) {
      return Promise.reject(this.#toError(error))
    }
  }

  /** True for the first read until the current microtasks are done. All callers that were answered together run in these. */
  #isFirstRead(): boolean {
    if (this.#hasRead) return false
    this.#hasRead = true
    afterMicrotasks(this.#forgetRead)
    return true
  }
}
