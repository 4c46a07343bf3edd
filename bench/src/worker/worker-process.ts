import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Argument, Assignment, CallName, Reply, Request } from './messages.ts'

const program = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Room for a million sessions in the memory of one process. */
const ownArgv = ['--expose-gc', '--max-old-space-size=12288']

/** One subject in a process of its own: what the others compile and throw away does not disturb it. */
export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  #exit: Promise<unknown>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exit = once(child, 'exit')
  }

  static async start(assignment: Assignment, execArgv: readonly string[] = []): Promise<WorkerProcess> {
    const child = fork(program, [], {
      execArgv: [...ownArgv, ...execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const worker = new WorkerProcess(child)
    try {
      await worker.#ask({ open: assignment })
      return worker
    } catch (error) {
      await worker[Symbol.asyncDispose]()
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid as number
  }

  async call<Name extends CallName>(call: Name, argument: Argument<Name>): Promise<Answer<Name>> {
    return (await this.#ask({ call, argument })) as Answer<Name>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#exit
  }

  async #ask(request: Request): Promise<unknown> {
    const answered = once(this.#child, 'message') as Promise<[Reply]>
    this.#child.send(request)
    const reply = await Promise.race([answered, this.#exit])
    const [message] = reply as [Reply | number | null]
    if (message === null || typeof message === 'number') throw new Error(`the worker ended with ${message}`)
    if ('error' in message) throw new Error(message.error)
    return message.value
  }
}
