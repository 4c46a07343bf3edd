import { startBroker } from './broker.ts'

let broker: AsyncDisposable | undefined

/** For vitest's `globalSetup`: test files share servers (`shared`), and those end with the run. */
export async function setup(): Promise<void> {
  broker = await startBroker()
}

export async function teardown(): Promise<void> {
  await broker?.[Symbol.asyncDispose]()
}
