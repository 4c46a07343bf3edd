import type { WriteOperation } from '../backend.ts'
import type { Waiting } from '../timeouts.ts'
import { currentTrace } from '../tracing.ts'
import type { Keyed } from './key-table.ts'
import type { Batch, Item } from './lane.ts'

/** What a task does: read the record under its key, write, or hold the key's place until it is given back. */
export type Work = 'read' | 'hold' | WriteOperation

/** One operation between its caller and the backend. */
export class Task implements Item, Keyed<Task>, Waiting {
  readonly key: string
  readonly work: Work
  readonly bytes: number
  readonly resolve: (outcome: unknown) => void
  readonly reject: (error: unknown) => void
  readonly #onExpire: (task: Task) => void

  /** True once it is its turn. */
  started = false
  /** True once its caller has an answer. */
  settled = false
  /** True once nothing that comes after it on its key has to wait for it any more. */
  finished = false
  batch: Batch<Item> | null = null
  /** The trace of the operation that it is all of. */
  readonly trace = currentTrace()
  /** True once it has waited too long. */
  isLate = false
  /** True where it gets the outcome of another reader of the same record, and keeps no place of its own. */
  shares = false
  /** What waits for this task because it is about the same key. */
  next: Task | null = null
  nextInSlot: Task | null = null
  /** Further readers of the same record: they get this task's outcome. */
  sharers: Task[] | null = null
  /** The task that holds the key for it, where it is a step of a call that has several. */
  holder: Task | null = null
  /** Of a holder: its steps that are under way, and whether it has given the key back. */
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
