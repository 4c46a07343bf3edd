import { longestTimerMs } from '../contract/durations.ts'

interface SweeperOptions {
  readonly intervalMs: number
  readonly sweep: () => Promise<unknown>
  readonly onError: (error: Error) => void
}

/**
 * Calls `sweep` every `intervalMs`, plus or minus a random quarter, so that many processes do not sweep at the same moment.
 * Sweeps never overlap. A failed sweep is reported, and the next one tries again. The timer does not keep the process
 * alive.
 */
export class Sweeper {
  readonly #options: SweeperOptions
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(options: SweeperOptions) {
    this.#options = options
    this.#plan()
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #plan(): void {
    if (this.#stopped) return
    const delayMs = Math.min(this.#options.intervalMs * (0.75 + Math.random() / 2), longestTimerMs)
    this.#timer = setTimeout(() => void this.#sweep(), delayMs).unref()
  }

  async #sweep(): Promise<void> {
    try {
      await this.#options.sweep()
    } catch (error) {
      this.#report(error as Error)
    }
    this.#plan()
  }

  #report(error: Error): void {
    try {
      if (!this.#stopped) this.#options.onError(error)
    } catch {
      // A listener that throws must not end the process.
    }
  }
}
