import { tracingChannel } from 'node:diagnostics_channel'

/** What a subscriber of the tracing channel `sess:operation` gets. No id, token or data is in it. */
export interface OperationTrace {
  /** The store's type, e.g. `'redis'`. */
  readonly store: string
  /** The method's name, e.g. `'load'`. */
  readonly operation: string
}

const channel = tracingChannel<OperationTrace>('sess:operation')

/** Runs an operation, and tells whoever subscribed to `sess:operation` of its start, end and error. */
export function traced<T>(store: string, operation: string, run: () => Promise<T>): Promise<T> {
  return channel.hasSubscribers ? (channel.tracePromise(run, { store, operation }) as Promise<T>) : run()
}
