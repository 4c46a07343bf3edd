import { AsyncLocalStorage } from 'node:async_hooks'
import { SessionError } from '../contract/errors.ts'
import type { Batching, SessionRecord, WriteKind, WriteOperation, WriteOutcome, WriteResults } from './backend.ts'
import { KeyTable } from './key-table.ts'
import { Lane } from './lane.ts'
import { Task, type Work } from './task.ts'
import { WaitingList } from './waiting-list.ts'

type Awaitable<T> = T | Promise<T>

/** The two ways to the backend. Each gives one outcome per operation, in order. */
export interface Transport {
  /** True once the backend is open; until then every call answers with a promise. */
  readonly isOpen: boolean
  read(keys: readonly string[]): Awaitable<readonly (SessionRecord | null)[]>
  write(operations: readonly WriteOperation[]): Awaitable<readonly WriteOutcome[]>
}

export interface CoalescerOptions extends Batching {
  readonly timeoutMs: number
  readonly maxPending: number
  readonly maxPendingBytes: number
  /** Makes the error that a caller sees of whatever the transport failed with. */
  readonly toError: (error: unknown) => Error
}

/** More than this much session data makes no batch faster, and servers limit the size of a statement. */
const maxBatchBytes = 1024 * 1024

/**
 * Sends operations that wait at the same moment together, and keeps the operations on each key in the order in which they
 * were issued. Every caller gets its own result or error. One that has waited too long gets `SESS_TIMEOUT`, and the place
 * of its batch is free again: a backend that never answers blocks nothing for longer than that.
 */
export class Coalescer {
  readonly #transport: Transport
  readonly #options: CoalescerOptions
  readonly #reads: Lane<Task>
  readonly #writes: Lane<Task>
  readonly #waiting: WaitingList
  /** The tasks that keep their place among those of their key. */
  readonly #inOrder = new KeyTable<Task>()
  /** The key that the running code has for itself: what it does with it must not wait for itself. */
  readonly #holding = new AsyncLocalStorage<string>()
  #pending = 0
  #pendingBytes = 0
  #whenIdle: (() => void)[] = []
  #hasRead = false
  readonly #forgetRead = (): void => {
    this.#hasRead = false
  }
  readonly #onExpire = (task: Task): void => this.#expire(task)

  constructor(transport: Transport, options: CoalescerOptions) {
    this.#transport = transport
    this.#options = options
    this.#waiting = new WaitingList(options.timeoutMs)
    const { maxOperations, readLanes, writeLanes, gatherWritesFor } = options
    const limits = { maxOperations, maxBytes: maxBatchBytes, send: (tasks: readonly Task[]) => this.#send(tasks) }
    this.#reads = new Lane({ ...limits, width: readLanes, defer: afterMicrotasks })
    this.#writes = new Lane({
      ...limits,
      width: writeLanes,
      defer: gatherWritesFor === 'turn' ? setImmediate : afterMicrotasks,
    })
  }

  /** Resolves with `map` of the record under a key. */
  read<T>(key: string, map: (record: SessionRecord | null) => T): Promise<T> {
    return (
      (this.#runsNow(key, 'read') && this.#atOnce('read', () => this.#transport.read([key]), map)) ||
      this.#submit(key, 'read', map)
    )
  }

  /** Resolves with `map` of what the write resolves with. */
  write<K extends WriteKind, T>(
    operation: WriteOperation & { kind: K },
    map: (result: WriteResults[K]) => T,
  ): Promise<T> {
    const key = orderKey(operation)
    return (
      (this.#runsNow(key, operation) && this.#atOnce(operation, () => this.#transport.write([operation]), map)) ||
      this.#submit(key, operation, map)
    )
  }

  /**
   * Runs `work` once everything issued before on this key has taken effect; what is issued after waits for it. `work` gets a
   * way past that order for itself. Calls that code inside of it makes on the same key don't wait either.
   */
  exclusive<T>(key: string, work: (held: HeldKey) => Promise<T>): Promise<T> {
    const held: HeldKey = {
      read: (map) => this.#submit(key, 'read', map, 'held'),
      write: (operation, map) => this.#submit(key, operation, map, 'held'),
      call: (run) => this.#holding.run(key, run),
    }
    return this.#submit(
      key,
      () => work(held),
      (outcome) => outcome as T,
    )
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.#pending === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #runsNow(key: string, work: Work): boolean {
    const { immediate } = this.#options
    return (
      immediate !== undefined &&
      this.#transport.isOpen &&
      (this.#pending === 0 || this.#inOrder.get(key) === null) &&
      (immediate === 'all' || (work === 'read' && this.#isFirstRead()))
    )
  }

  /** True once until the running microtasks, and with them all who were answered together, have had their turn. */
  #isFirstRead(): boolean {
    if (this.#hasRead) return false
    this.#hasRead = true
    afterMicrotasks(this.#forgetRead)
    return true
  }

  /** Null where there is no answer in the same tick after all: a read, which is then made again in its turn. */
  #atOnce<R, T>(work: Work, call: () => Awaitable<readonly unknown[]>, map: (outcome: R) => T): Promise<T> | null {
    try {
      const outcomes = call()
      if (outcomes instanceof Promise) {
        outcomes.catch(() => {})
        if (work === 'read') return null
        // A write is never made twice.
        throw new Error("a backend with immediate: 'all' answers in the same tick")
      }
      const [outcome] = outcomes as readonly unknown[]
      if (outcome instanceof Error) throw outcome
      return Promise.resolve(map(outcome as R))
    } catch (error) {
      return Promise.reject(this.#options.toError(error))
    }
  }

  #submit<R, T>(key: string, work: Work, map: (outcome: R) => T, way: 'ordered' | 'held' = 'ordered'): Promise<T> {
    return new Promise((resolve, reject) => {
      const task = new Task(key, work, (outcome) => resolve(map(outcome as R)), reject, this.#onExpire)
      const { maxPending, maxPendingBytes } = this.#options
      if (this.#pending >= maxPending || this.#pendingBytes + task.bytes > maxPendingBytes) {
        return reject(
          new SessionError(
            'SESS_UNAVAILABLE',
            'too much is waiting for the backend: maxPending or maxPendingBytes is reached',
          ),
        )
      }
      this.#pending += 1
      this.#pendingBytes += task.bytes
      this.#waiting.enter(task)
      if (way === 'held') {
        task.inOrder = false
        return this.#start(task)
      }
      const last = this.#inOrder.get(key)
      if (last === null) {
        this.#inOrder.add(task)
        this.#start(task)
      } else if (this.#holding.getStore() === key) {
        task.inOrder = false
        // Alone, because the same key may be in the batch that gathers.
        if (typeof work === 'function') this.#start(task)
        else void this.#send([task])
      } else if (work === 'read' && last.work === 'read' && last.batch === null && !last.settled) {
        task.inOrder = false
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
    if (typeof task.work === 'function') {
      // From here on it takes as long as the caller's own code takes; each step that it makes has a time-out.
      this.#waiting.leave(task)
      task.work().then(
        (outcome) => this.#settle(task, outcome),
        (error: unknown) => this.#fail(task, error),
      )
    } else {
      ;(task.work === 'read' ? this.#reads : this.#writes).add(task)
    }
  }

  async #send(tasks: readonly Task[]): Promise<void> {
    try {
      const outcomes = await ((tasks[0] as Task).work === 'read'
        ? this.#transport.read(tasks.map((task) => task.key))
        : this.#transport.write(tasks.map((task) => task.work as WriteOperation)))
      for (let index = 0; index < tasks.length; index += 1) this.#settle(tasks[index] as Task, outcomes[index])
    } catch (error) {
      for (const task of tasks) this.#fail(task, error)
    }
  }

  #settle(task: Task, outcome: unknown): void {
    if (task.settled) return
    if (outcome instanceof Error) {
      this.#fail(task, outcome)
      return
    }
    const { sharers } = task
    this.#finish(task)
    try {
      task.resolve(outcome)
    } catch (error) {
      task.reject(this.#options.toError(error))
    }
    if (sharers !== null) for (const sharer of sharers) this.#settle(sharer, outcome)
  }

  #fail(task: Task, error: unknown): void {
    if (task.settled) return
    const { sharers } = task
    this.#finish(task)
    task.reject(typeof task.work === 'function' ? error : this.#options.toError(error))
    if (sharers !== null) for (const sharer of sharers) this.#fail(sharer, error)
  }

  /** Takes the task off every list, and lets the next one of its key go. */
  #finish(task: Task): void {
    task.settled = true
    if (!(task.started && typeof task.work === 'function')) this.#waiting.leave(task)
    this.#pending -= 1
    this.#pendingBytes -= task.bytes
    if (task.inOrder) this.#inOrder.delete(task)
    if (task.started) {
      let { next } = task
      task.next = null
      while (next?.settled) next = next.next
      if (next !== null) this.#start(next)
    }
    if (this.#pending === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #expire(task: Task): void {
    const error = new SessionError(
      'SESS_TIMEOUT',
      `no answer from the backend within timeoutMs = ${this.#options.timeoutMs}`,
    )
    const { batch } = task
    if (batch === null) {
      this.#fail(task, error)
      return
    }
    // What was sent together is late together, and whoever is next need not wait for it.
    const lane = task.work === 'read' ? this.#reads : this.#writes
    lane.release(batch)
    for (const item of batch.items) this.#fail(item as Task, error)
  }
}

/** The part of a {@link Coalescer} that work with a key for itself uses. */
export interface HeldKey {
  read<T>(map: (record: SessionRecord | null) => T): Promise<T>
  write<K extends WriteKind, T>(
    operation: WriteOperation & { kind: K },
    map: (result: WriteResults[K]) => T,
  ): Promise<T>
  /** Calls code of the application, which may use the store on this same key. */
  call<T>(run: () => T): T
}

const settled = Promise.resolve()

/** `queueMicrotask`, without the AsyncResource that Node.js makes for each call of it. `run` must not throw. */
function afterMicrotasks(run: () => void): void {
  void settled.then(run)
}

/** Sessions and states are apart: a state with the text of an id waits for nothing of it. */
function orderKey({ kind, key }: WriteOperation): string {
  return kind === 'putState' || kind === 'takeState' ? `state ${key}` : key
}
