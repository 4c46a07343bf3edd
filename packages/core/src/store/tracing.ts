import { tracingChannel } from 'node:diagnostics_channel'

/**
 * The message of the tracing channel `sess:operation`. It never holds an id, token, data, result or error. All messages of
 * one operation carry the same object.
 */
export interface OperationTrace {
  /** The store's type, e.g. `'redis'`. */
  readonly store: string
  /** The method's name, e.g. `'load'`. */
  readonly operation: string
  /**
   * From `asyncStart` on: `'ok'`, or the error's `code`. An error without a code, such as one that a change threw, is
   * `'error'`.
   */
  outcome?: string
  /** The size of the batch in which the operation travelled, itself included. Absent where it travelled alone or in steps. */
  batchSize?: number
  /** From `asyncStart` on, in ms. */
  durationMs?: number
}

const channel = tracingChannel<OperationTrace>('sess:operation')

let current: OperationTrace | null = null

/** Returns the trace of the operation that is being called; null without a subscriber. */
export function currentTrace(): OperationTrace | null {
  return current
}

/** Runs an operation, turns a throw into a rejection, and publishes the operation on `sess:operation`. */
export function traced<T>(store: string, operation: string, run: () => Promise<T>): Promise<T> {
  if (!channel.hasSubscribers) return attempt(run)
  const span = startSpan(store, operation)
  const result = span.run(() => attempt(run))
  return result.then(
    (value) => {
      span.end(null)
      return value
    },
    (error: unknown) => {
      span.end(error)
      throw error
    },
  )
}

/** Does the same for an operation that yields items. */
export async function* tracedItems<T>(
  store: string,
  operation: string,
  items: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  if (!channel.hasSubscribers) return yield* items
  const span = startSpan(store, operation)
  span.run(() => undefined)
  let failure: unknown = null
  try {
    yield* items
  } catch (error) {
    failure = error
    throw error
  } finally {
    span.end(failure)
  }
}

function startSpan(store: string, operation: string) {
  const trace: OperationTrace = { store, operation }
  const startedAt = performance.now()
  return {
    /** Runs the synchronous part of the operation. */
    run<R>(part: () => R): R {
      return channel.start.runStores(trace, () => {
        const outer = current
        current = trace
        try {
          return part()
        } finally {
          current = outer
          channel.end.publish(trace)
        }
      })
    },
    end(error: unknown): void {
      trace.outcome = error === null ? 'ok' : outcomeOf(error)
      trace.durationMs = performance.now() - startedAt
      if (error !== null) channel.error.publish(trace)
      channel.asyncStart.publish(trace)
      channel.asyncEnd.publish(trace)
    },
  }
}

function attempt<T>(run: () => Promise<T>): Promise<T> {
  try {
    return run()
  } catch (error) {
    return Promise.reject(error)
  }
}

const codePattern = /^(SESS|ERR)_[A-Z_]{1,64}$/

function outcomeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' && codePattern.test(code) ? code : 'error'
}
