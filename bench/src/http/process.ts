import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Reply } from '../worker/messages.ts'

type Calls<C> = { readonly [Name in keyof C]: (argument: never) => unknown }

/** A program of this folder in a process of its own, which does what it is asked, one thing at a time. */
export class HttpProcess<C extends Calls<C>> implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>

  constructor(program: 'server' | 'load', execArgv: readonly string[] = []) {
    const file = fileURLToPath(new URL(`${program}.ts`, import.meta.url))
    this.#child = fork(file, [], { execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#exit = once(this.#child, 'exit')
  }

  async call<Name extends keyof C & string>(
    name: Name,
    argument: Parameters<C[Name]>[0],
  ): Promise<Awaited<ReturnType<C[Name]>>> {
    const answered = once(this.#child, 'message') as Promise<[Reply]>
    this.#child.send({ name, argument })
    const [reply] = (await Promise.race([answered, this.#exit])) as [Reply | number | null]
    if (reply === null || typeof reply === 'number') throw new Error(`the process ended with ${reply}`)
    if ('error' in reply) throw new Error(reply.error)
    return reply.value as Awaited<ReturnType<C[Name]>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#exit
  }
}

/** The other side of it: this process answers with what these do, until the main process is done or gone. */
export function answerCalls<C extends Calls<C>>(calls: C): void {
  process.on('message', async ({ name, argument }: { name: keyof C; argument: never }) => {
    try {
      process.send?.({ value: await calls[name](argument) } satisfies Reply)
    } catch (error) {
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
  process.on('disconnect', () => process.exit())
}
