import { isSessionError, type SessionError } from '@sess/core'

/** The writes of one request. Each waits for those before it, whether or not the handler awaits them. */
export class WriteQueue {
  #last: Promise<unknown> = Promise.resolve()
  readonly #running = new Set<Promise<unknown>>()
  #failed: SessionError | undefined

  /** The first error of the store; it stays, whatever the handler did with it. */
  get failed(): SessionError | undefined {
    return this.#failed
  }

  run<Result>(write: () => Promise<Result>): Promise<Result> {
    const written = this.#last.then(write)
    this.#running.add(written)
    this.#last = written
      .catch((error) => {
        if (isSessionError(error)) this.#failed ??= error
      })
      .finally(() => this.#running.delete(written))
    return written
  }

  /** Resolves when nothing is under way, with what a change of the handler threw for which nobody has waited. */
  async settle(): Promise<unknown[]> {
    const thrown: unknown[] = []
    while (this.#running.size > 0) {
      for (const outcome of await Promise.allSettled(this.#running)) {
        if (outcome.status === 'rejected' && !isSessionError(outcome.reason)) thrown.push(outcome.reason)
      }
    }
    return thrown
  }
}
