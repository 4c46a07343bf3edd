import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { sourceImports } from '@sess/testkit'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** main.ts in a process of its own. */
export class AppProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  /** Settles when the process has ended, and its output has been read. */
  readonly #ended: Promise<unknown>
  out = ''
  err = ''

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, ['--import', sourceImports, main, ...args], {
      env: { ...process.env, PORT: '', HOST: '', TRUST_PROXY: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#ended = once(this.#child, 'close')
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.out += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.err += text
    })
  }

  /** Starts main.ts on a free port; resolves with it when it says where it is. */
  static async start(storeUrl: string, env: Record<string, string> = {}): Promise<AppProcess> {
    const app = new AppProcess([storeUrl, '--port', '0'], env)
    await app.untilItSays(/^http:.*$/m)
    return app
  }

  /** The address that it printed. */
  get origin(): string {
    return /^http:.*$/m.exec(this.out)?.[0] ?? ''
  }

  async untilItSays(pattern: RegExp): Promise<void> {
    const stdout = this.#child.stdout as NonNullable<ChildProcess['stdout']>
    while (!pattern.test(this.out)) {
      await Promise.race([once(stdout, 'data'), this.#ended])
      if (this.#how !== null) throw new Error(`The application ended: ${this.err}`)
    }
  }

  /** Resolves with the exit code, or the signal's name. */
  async end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    if (signal && this.#how === null) this.#child.kill(signal)
    await this.#ended
    return this.#how
  }

  get #how(): number | NodeJS.Signals | null {
    return this.#child.exitCode ?? this.#child.signalCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
  }
}
