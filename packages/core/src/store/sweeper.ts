import { longestTimerMs } from '../contract/durations.ts'

interface SweeperOptions {
  readonly intervalMs: number
  readonly sweep: () => Promise<unknown>
  readonly onError: (error: Error) => void
}

/**
 * Calls `sweep` every `intervalMs`, jittered by a quarter either way so that many processes don't come at once. Sweeps never
 * overlap, a failed one is reported and tried again the next time, and the timer keeps no process alive.
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
      // A listener that throws must not end the process that it watches.
    }
  }
}
