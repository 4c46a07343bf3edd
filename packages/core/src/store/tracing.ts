import { tracingChannel } from 'node:diagnostics_channel'

/**
 * What a subscriber of the tracing channel `sess:operation` gets, and all that it gets: no id, token, data, result or error.
 * One object goes through all messages of an operation.
 */
export interface OperationTrace {
  /** The store's type, e.g. `'redis'`. */
  readonly store: string
  /** The method's name, e.g. `'load'`. */
  readonly operation: string
  /** From `asyncStart` on: `'ok'`, or the error's `code` (`'error'` for one without, such as a change threw). */
  outcome?: string
  /** How many operations travelled to the backend together with this one, itself included; absent where it goes in steps or alone. */
  batchSize?: number
  /** From `asyncStart` on, in ms. */
  durationMs?: number
}

const channel = tracingChannel<OperationTrace>('sess:operation')

/** `channel.hasSubscribers` says the same on Node, and is undefined on Bun. */
function isHeard(): boolean {
  const { start, end, asyncStart, asyncEnd, error } = channel
  return (
    start.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers
  )
}

let current: OperationTrace | null = null

/** The trace of the operation that is being called; null where nobody listens. */
export function currentTrace(): OperationTrace | null {
  return current
}

/** Runs an operation, turns what it throws into a rejection, and tells whoever subscribed to `sess:operation` of it. */
export function traced<T>(store: string, operation: string, run: () => Promise<T>): Promise<T> {
  if (!isHeard()) return attempt(run)
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

/** The same for an operation that gives one item after another. */
export async function* tracedItems<T>(
  store: string,
  operation: string,
  items: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  if (!isHeard()) return yield* items
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
    /** The part of the operation that runs at the call. */
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
