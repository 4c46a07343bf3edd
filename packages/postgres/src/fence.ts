import { setTimeout as delay } from 'node:timers/promises'
import type { Backend } from './backends.ts'
import type { Execute } from './channel.ts'
import { select } from './connection.ts'
import { isOfServer } from './errors.ts'

/**
 * Remembers statements whose connections broke or went silent, as they may still take effect at the server. No further write
 * is sent before they are ended there, so none of them takes effect after a later write.
 */
export class Fence {
  readonly #execute: Execute
  readonly #left = new Map<string, Backend>()
  #clearing: Promise<void> | null = null

  /** `execute` runs a statement that is no write. */
  constructor(execute: Execute) {
    this.#execute = execute
  }

  get isUp(): boolean {
    return this.#left.size > 0
  }

  /** Remembers the statement of a process, and begins to end it. */
  add(backend: Backend | undefined): void {
    if (backend === undefined) return
    this.#left.set(`${backend.pid} ${backend.startedAt}`, backend)
    this.clear().catch(() => {}) // the next write tries again
  }

  /** Resolves when all processes that are remembered now have ended. @throws the error of asking the server */
  async clear(): Promise<void> {
    const there = [...this.#left.keys()]
    while (there.some((name) => this.#left.has(name))) {
      this.#clearing ??= this.#clear().finally(() => {
        this.#clearing = null
      })
      await this.#clearing
    }
  }

  async #clear(): Promise<void> {
    const asked = [...this.#left]
    const pids = asked.map(([, { pid }]) => pid).join()
    const starts = asked.map(([, { startedAt }]) => startedAt).join()
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 100)) {
      const { rows } = await this.#execute(select(endOthers, [pids, starts])).catch((error: unknown) => {
        // A server that cannot answer this question (it is not PostgreSQL itself) leaves nothing to know.
        if (!isOfServer(error)) throw error
        return { rows: [] }
      })
      if (rows.length === 0) break
      await delay(pauseMs)
    }
    for (const [name] of asked) this.#left.delete(name)
  }
}

/** Ends the processes that still run, and returns them. The role of the store may end its own processes. */
const endOthers = `select a.pid, pg_catalog.pg_terminate_backend(a.pid)
  from unnest(pg_catalog.string_to_array($1::text, ',')::int[], pg_catalog.string_to_array($2::text, ',')::bigint[]) as o(pid, started_at)
  join pg_catalog.pg_stat_activity as a
    on a.pid = o.pid and (extract(epoch from a.backend_start) * 1000000)::bigint = o.started_at`
