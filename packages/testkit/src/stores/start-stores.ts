import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StoreAnswer, StoreTask } from './store-process.ts'

/** A store in a process of its own. Nothing has used it yet: its first task makes or migrates the tables. */
export interface StoreProcess {
  /** Makes sessions with `{ n: 0 }` at the same moment; resolves with their ids. */
  create(sessions: number): Promise<string[]>
  /** Adds one to `data.n` of a session a number of times, again where other writers were in the way. */
  add(times: number, id: string): Promise<void>
}

export interface StoreProcesses extends AsyncDisposable {
  readonly stores: readonly StoreProcess[]
}

/**
 * Starts processes that have a store of the package `@sess/<type>` with a configuration, and are ready to use it. They
 * close it and end when the result is disposed of, or when this process ends.
 */
export async function startStores(count: number, type: string, config: object): Promise<StoreProcesses> {
  const started = await Promise.all(Array.from({ length: count }, () => startStore(JSON.stringify({ type, config }))))
  return {
    stores: started,
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map(({ end }) => end()))
    },
  }
}

const program = fileURLToPath(new URL('store-process.ts', import.meta.url))

/** What a child process that runs from source is started with, by `--import`: its packages are those of the tests. */
export const sourceImports = new URL('source-imports.ts', import.meta.url).href

async function startStore(opening: string): Promise<StoreProcess & { end(): Promise<void> }> {
  const child = fork(program, [opening], { execArgv: ['--import', sourceImports, '--no-warnings'] })
  const exit = once(child, 'exit')
  const ended = exit.then(([code]) => Promise.reject(new Error(`the process of a store ended with ${code}`)))
  ended.catch(() => {})

  async function answer(): Promise<string[]> {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [StoreAnswer]
    if ('error' in message) throw new Error(message.error)
    return message.ids
  }
  function tell(task: StoreTask): Promise<string[]> {
    child.send(task)
    return answer()
  }

  await answer()
  return {
    create: (sessions) => tell({ create: sessions }),
    add: async (times, id) => void (await tell({ add: times, id })),
    async end() {
      if (child.connected) child.disconnect()
      await exit
    },
  }
}
