import { setImmediate } from 'node:timers'

export type Callback<T> = (error: unknown, value?: T) => void

/**
 * An outcome told once: to the callback where there is one, else by the promise. express-session drops the promise of a
 * `destroy` without a callback, so nobody need handle its rejection.
 */
export function answer<T>(outcome: Promise<T>, callback: Callback<T> | undefined): Promise<T> | undefined {
  if (typeof callback !== 'function') {
    outcome.catch(() => {})
    return outcome
  }
  outcome.then(
    // Outside of the promise: what a callback throws is the application's, and no second answer. As an immediate: the requests
    // that arrived together are answered together, which takes a third off the CPU of a request where the store is this process.
    (value) => void setImmediate(callback, null, value),
    (error: unknown) => void setImmediate(callback, error),
  )
  return undefined
}

/** The outcome of a method that takes a callback. */
export function asked<T>(ask: (callback: (error?: unknown, value?: T) => void) => unknown): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    ask((error, value) => (error && (error as { code?: unknown }).code !== 'ENOENT' ? reject(error) : resolve(value)))
  })
}
