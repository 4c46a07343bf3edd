import type { WriteOperation } from './backend.ts'
import type { Keyed } from './key-table.ts'
import type { Batch, Item } from './lane.ts'
import type { Waiting } from './waiting-list.ts'

/** What a task does: read the record under its key, write, or run a function that has the key for itself. */
export type Work = 'read' | WriteOperation | (() => Promise<unknown>)

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
  settled = false
  batch: Batch<Item> | null = null
  /** True where it keeps its place among the tasks of its key. */
  inOrder = true
  /** What waits for this task because it is about the same key. */
  next: Task | null = null
  nextInSlot: Task | null = null
  /** Further readers of the same record: they get this task's outcome. */
  sharers: Task[] | null = null
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
