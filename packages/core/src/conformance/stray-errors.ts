import { isError } from './expectations.ts'

const events = ['unhandledRejection', 'uncaughtException'] as const

/**
 * Runs `body` while the process survives errors that nobody handles. `take` resolves with the first one since it was last
 * asked, or null: it would have ended the process of an application.
 */
export async function withStrayErrors(body: (take: () => Promise<Error | null>) => Promise<void>): Promise<void> {
  let first: Error | null = null
  const onStray = (thrown: unknown) => {
    first ??= new Error('an error of the store is handled by nobody, and ends the process', { cause: asError(thrown) })
  }
  const take = async () => {
    // A rejection is told of once the running microtasks are done.
    await new Promise((resolve) => setImmediate(resolve))
    const taken = first
    first = null
    return taken
  }
  for (const event of events) process.on(event, onStray)
  try {
    await body(take)
  } finally {
    for (const event of events) process.off(event, onStray)
  }
}

function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(`thrown: ${String(thrown)}`)
}
