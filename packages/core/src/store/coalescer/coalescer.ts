import type { SessionError } from '../../contract/errors.ts'
import { answersOf } from '../answers.ts'
import type { Batching, SessionRecord, WriteKind, WriteOperation, WriteResults } from '../backend.ts'
import { lateError } from '../late-error.ts'
import type { Pending } from '../pending.ts'
import { Timeouts, withinTime } from '../timeouts.ts'
import { afterMicrotasks } from './after-microtasks.ts'
import { AtOnce } from './at-once.ts'
import { KeyTable } from './key-table.ts'
import { type Batch, Lane } from './lane.ts'
import { Task, type Work } from './task.ts'
import type { Transport } from './transport.ts'

export interface CoalescerOptions extends Batching {
  readonly timeoutMs: number
  /** Counts the calls that bypass the coalescer as well. */
  readonly pending: Pending
  /** Turns the transport's error into the error that a caller sees. */
  readonly toError: (error: unknown) => Error
}

/** The most session data in one batch. More makes no batch faster, and servers limit the size of a statement. */
const maxBatchBytes = 1024 * 1024

/** The time limit of one call of the store, over all of its steps. */
export interface Deadline {
  /** The tick at which the call began, plus the ticks that do not count. */
  since: number
}

/** A key that one call holds: until it is released, no other operation on this key is sent. */
export interface HeldKey {
  read<T>(map: (record: SessionRecord | null) => T | Promise<T>): Promise<T>
  write<K extends WriteKind, T>(
    operation: WriteOperation & { kind: K },
    map: (result: WriteResults[K]) => T | Promise<T>,
  ): Promise<T>
  /** Lets the next operation on the key go. It may be called more than once. */
  release(): void
}

/**
 * Sends waiting operations together, and keeps the operations on each key in the order of their calls. Every caller gets
 * its own result or error. A caller that has waited too long gets `SESS_TIMEOUT`, and its batch frees its lane. A late
 * write that was sent still blocks its key, and only its key, until the backend settles it: it must not take effect after a
 * later write.
 */
export class Coalescer {
  readonly #transport: Transport
  readonly #options: CoalescerOptions
  readonly #reads: Lane<Task>
  readonly #writes: Lane<Task>
  readonly #timeouts: Timeouts
  /** The last task of each key. */
  readonly #inOrder = new KeyTable<Task>()
  /** How many callers have no answer yet. */
  #unanswered = 0
  #whenIdle: (() => void)[] = []
  readonly #atOnce: AtOnce
  readonly #onExpire = (task: Task): void => this.#expire(task)

  constructor(transport: Transport, options: CoalescerOptions) {
    this.#transport = transport
    this.#options = options
    this.#timeouts = new Timeouts(options.timeoutMs)
    this.#atOnce = new AtOnce(options.immediate, options.toError)
    const { maxOperations, readLanes, writeLanes, gatherWritesFor } = options
    const limits = { maxOperations, maxBytes: maxBatchBytes, send: (batch: Batch<Task>) => this.#send(batch) }
    this.#reads = new Lane({ ...limits, width: readLanes, defer: afterMicrotasks })
    this.#writes = new Lane({
      ...limits,
      width: writeLanes,
      defer: gatherWritesFor === 'turn' ? setImmediate : afterMicrotasks,
    })
  }

  /**
   * Reads the record under a key and resolves with the result of `map`. `deadline` is that of the whole call, where the
   * read is one step of it.
   */
  read<T>(key: string, map: (record: SessionRecord | null) => T | Promise<T>, deadline?: Deadline): Promise<T> {
    return (
      (this.#isFree(key) && this.#atOnce.run(key, 'read', () => this.#transport.read([key]), map)) ||
      this.#submit(key, 'read', map, deadline)
    )
  }

  /** Writes, and resolves with the result of `map`. `deadline` is that of the whole call, where the write is one step of it. */
  write<K extends WriteKind, T>(
    operation: WriteOperation & { kind: K },
    map: (result: WriteResults[K]) => T | Promise<T>,
    deadline?: Deadline,
  ): Promise<T> {
    const key = orderKey(operation)
    return (
      (this.#isFree(key) && this.#atOnce.run(key, operation, () => this.#transport.write([operation]), map)) ||
      this.#submit(key, operation, map, deadline)
    )
  }

  /** Resolves with the held key once every earlier operation on it has taken effect. */
  hold(key: string, deadline: Deadline): Promise<HeldKey> {
    return this.#submit(key, 'hold', (holder: Task) => this.#heldKey(holder, deadline), deadline)
  }

  /** Settles as `ended` does, or rejects with the error of `late` when the call's time is over first. */
  within(deadline: Deadline, ended: Promise<void>, late: () => Error): Promise<void> {
    return withinTime(this.#timeouts, ended, late, deadline.since)
  }

  /** Returns the deadline of a call that begins now. */
  deadline(): Deadline {
    return { since: this.#timeouts.tick }
  }

  /** Stops the clock of a call, until the returned function is called. */
  stopClock(deadline: Deadline): () => void {
    const from = this.#timeouts.tick
    return () => {
      deadline.since += this.#timeouts.tick - from
    }
  }

  /** True where every caller has an answer. */
  get isIdle(): boolean {
    return this.#unanswered === 0
  }

  /** Resolves when every caller has an answer. */
  idle(): Promise<void> {
    return this.#unanswered === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #heldKey(holder: Task, deadline: Deadline): HeldKey {
    return {
      read: (map) => this.#submit(holder.key, 'read', map, deadline, holder),
      write: (operation, map) => this.#submit(holder.key, operation, map, deadline, holder),
      release: () => {
        holder.released = true
        if (holder.underWay === 0) this.#finish(holder)
      },
    }
  }

  /** True where an operation on this key can run immediately. */
  #isFree(key: string): boolean {
    return this.#atOnce.isUsed && this.#transport.isOpen && this.#inOrder.get(key) === null
  }

  #submit<R, T>(
    key: string,
    work: Work,
    map: (outcome: R) => T | Promise<T>,
    deadline?: Deadline,
    holder: Task | null = null,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const task = new Task(key, work, (outcome) => resolve(map(outcome as R)), reject, this.#onExpire)
      const refused = this.#options.pending.enter(task.bytes)
      if (refused !== null) return reject(refused)
      this.#unanswered += 1
      this.#timeouts.enter(task, deadline?.since)
      const last = holder === null ? this.#inOrder.get(key) : null
      if (holder !== null) {
        task.holder = holder
        holder.underWay += 1
        this.#start(task)
      } else if (last === null) {
        this.#inOrder.add(task)
        this.#start(task)
      } else if (work === 'read' && last.work === 'read' && last.batch === null && !last.finished) {
        task.shares = true
        last.sharers ??= []
        last.sharers.push(task)
      } else {
        last.next = task
        this.#inOrder.add(task)
      }
    })
  }

  #start(task: Task): void {
    task.started = true
    if (task.work === 'hold') this.#answer(task, task)
    else (task.work === 'read' ? this.#reads : this.#writes).add(task)
  }

  #send(batch: Batch<Task>): void {
    const { items } = batch
    const isRead = (items[0] as Task).work === 'read'
    const lane = isRead ? this.#reads : this.#writes
    // Release the lane last: a caller that gets its answer and calls again then joins the batch that is waiting.
    const onError = (error: unknown) => {
      for (const task of items) this.#fail(task, error)
      lane.release(batch)
    }
    const onAnswer = (answer: readonly unknown[]) => {
      let outcomes: readonly unknown[]
      try {
        outcomes = answersOf(items, answer)
      } catch (error) {
        onError(error)
        return
      }
      for (let index = 0; index < items.length; index += 1) this.#settle(items[index] as Task, outcomes[index])
      lane.release(batch)
    }
    try {
      const answer = isRead
        ? this.#transport.read(items.map((task) => task.key))
        : this.#transport.write(items.map((task) => task.work as WriteOperation))
      if (answer instanceof Promise) (answer as Promise<readonly unknown[]>).then(onAnswer, onError)
      else onAnswer(answer)
    } catch (error) {
      onError(error)
    }
  }

  /** Gives a task's outcome to its caller and to all callers that share it. */
  #settle(task: Task, outcome: unknown): void {
    if (outcome instanceof Error) {
      this.#fail(task, outcome)
      return
    }
    const { sharers } = task
    this.#answer(task, outcome)
    if (sharers !== null) for (const sharer of sharers) this.#answer(sharer, outcome)
    this.#finish(task)
  }

  #fail(task: Task, error: unknown): void {
    const { sharers } = task
    this.#refuse(task, this.#options.toError(error))
    if (sharers !== null) for (const sharer of sharers) this.#refuse(sharer, this.#options.toError(error))
    this.#finish(task)
  }

  #answer(task: Task, outcome: unknown): void {
    if (!this.#leave(task)) return
    if (task.trace !== null && task.batch !== null) task.trace.batchSize = task.batch.items.length
    try {
      task.resolve(outcome)
    } catch (error) {
      task.reject(this.#options.toError(error))
    }
  }

  #refuse(task: Task, error: Error): void {
    if (this.#leave(task)) task.reject(error)
  }

  /** Marks a task as answered. Returns false where it was answered before. */
  #leave(task: Task): boolean {
    if (task.settled) return false
    task.settled = true
    if (!task.isLate) this.#timeouts.leave(task)
    this.#unanswered -= 1
    if (task.shares) this.#options.pending.leave(task.bytes)
    if (this.#unanswered === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
    return true
  }

  /** Removes a task from the queue of its key, and starts the next one. */
  #finish(task: Task): void {
    if (task.finished) return
    task.finished = true
    this.#options.pending.leave(task.bytes)
    const { holder } = task
    if (holder !== null) {
      holder.underWay -= 1
      if (holder.released && holder.underWay === 0) this.#finish(holder)
      return
    }
    this.#inOrder.delete(task)
    // A task that has not started stays in the queue; the task before it skips it.
    if (!task.started) return
    let { next } = task
    task.next = null
    while (next?.finished) next = next.next
    if (next !== null) this.#start(next)
  }

  #expire(task: Task): void {
    task.isLate = true
    this.#refuse(task, this.#lateError())
    if (task.shares) return
    const { batch, sharers } = task
    if (batch !== null) (task.work === 'read' ? this.#reads : this.#writes).release(batch)
    const isAwaited = sharers?.some((sharer) => !sharer.settled) ?? false
    const mayTakeEffect = batch !== null && task.work !== 'read'
    if (!isAwaited && !mayTakeEffect) this.#finish(task)
  }

  #lateError(): SessionError {
    return lateError(this.#options.timeoutMs)
  }
}

/** Sessions and states queue separately: a state does not wait for a session whose id is the same string. */
function orderKey({ kind, key }: WriteOperation): string {
  return kind === 'putState' || kind === 'consumeState' ? `state ${key}` : key
}
