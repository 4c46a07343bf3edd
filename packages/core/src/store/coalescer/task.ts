import type { WriteOperation } from '../backend.ts'
import type { Waiting } from '../timeouts.ts'
import { currentTrace } from '../tracing.ts'
import type { Keyed } from './key-table.ts'
import type { Batch, Item } from './lane.ts'

/** The work of a task: read the record under its key, write, or hold the key until it is released. */
export type Work = 'read' | 'hold' | WriteOperation

/** One operation between its caller and the backend. */
export class Task implements Item, Keyed<Task>, Waiting {
  readonly key: string
  readonly work: Work
  readonly bytes: number
  readonly resolve: (outcome: unknown) => void
  readonly reject: (error: unknown) => void
  readonly #onExpire: (task: Task) => void

  /** True once it has started: every earlier task of its key is finished. */
  started = false
  /** True once its caller has an answer. */
  settled = false
  /** True once later tasks of its key need not wait for it. */
  finished = false
  batch: Batch<Item> | null = null
  /** The trace of the operation, where this task is all of it. */
  readonly trace = currentTrace()
  /** True once it has waited too long. */
  isLate = false
  /** True where it shares the read of another task and so is not in the queue itself. */
  shares = false
  /** The next task in the queue of its key. */
  next: Task | null = null
  nextInSlot: Task | null = null
  /** Further reads of the same record, which get this task's outcome. */
  sharers: Task[] | null = null
  /** The task that holds the key, where this task is one step of a longer call. */
  holder: Task | null = null
  /** For a task that holds its key: how many of its steps are under way, and whether it has released the key. */
  underWay = 0
  released = false
  since = 0
  earlier: Waiting | null = null
  later: Waiting | null = null

  constructor(
    key: string,
    work: Work,
    resolve: (outcome: unknown) => void,
    reject: (error: unknown) => void,
    onExpire: (task: Task) => void,
  ) {
    this.key = key
    this.work = work
    this.bytes = typeof work === 'object' && 'record' in work ? work.record.payload.length : 0
    this.resolve = resolve
    this.reject = reject
    this.#onExpire = onExpire
  }

  expire(): void {
    this.#onExpire(this)
  }
}
