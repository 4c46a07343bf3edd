import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { batchOperations, batchSize, inTurns, type OperationName, operations } from '../operations.ts'
import { hasLimit } from '../plan.ts'
import { profileOf } from '../profile/profiler.ts'
import { selfTimes, sharesOf } from '../profile/self-times.ts'
import { ofPerson, type SampleContent, sampleContent } from '../sample-session.ts'
import type { Place, StoredSession, Subject, SubjectDefinition } from '../subjects/subject.ts'
import { closedLoop, type Loop, type Measurement } from './closed-loop.ts'
import { checkStore } from './store-check.ts'

/** One point of the matrix. */
export interface Cell {
  operation: OperationName
  /** Bytes of JSON of one session. */
  size: number
  callers: number
}

export interface Population {
  size: number
  sessions: number
  /** How many of them, evenly spread, are used: of the others no list is kept. Left out: all. */
  remembered?: number
  /** Left out: a day. */
  ttlMs?: number
}

export interface EventLoopDelay {
  operationsPerSecond: number
  p99Ms: number
  maxMs: number
}

export interface CleanUp {
  /** How many sessions expire. */
  expired: number
  size: number
  callers: number
  /** How long the loads are measured before the clean-up. */
  seconds: number
}

export interface CleanUpResult {
  removed: number
  /** The 99th percentile of loads. */
  p99BeforeMs: number
  p99WhileMs: number
  /** How long it took. */
  seconds: number
}

/** When those expire that are to expire: late enough for a server not to have removed them by itself. */
const soonMs = 600_000

/** How many callers create the sessions. */
const populating = 256

/** One subject at its place, its sessions, and what is done with them. It lives in a process of its own. */
export class Bench {
  readonly #definition: SubjectDefinition
  readonly #place: Place
  readonly #subject: Subject
  readonly #clock: { skewMs: number }
  /** Opened when something is checked: it sees what is stored, not what the subject remembers. */
  #checker: Subject | null = null
  /** By the size of the session. */
  readonly #sessions = new Map<number, StoredSession[]>()
  #turn = 0
  /** How many sessions were created: each is another person's. */
  #people = 0

  private constructor(definition: SubjectDefinition, place: Place, subject: Subject, clock: { skewMs: number }) {
    this.#definition = definition
    this.#place = place
    this.#subject = subject
    this.#clock = clock
  }

  static async open(definition: SubjectDefinition, place: Omit<Place, 'now'>): Promise<Bench> {
    const clock = { skewMs: 0 }
    const now = () => Date.now() + clock.skewMs
    return new Bench(definition, place, await definition.open({ ...place, now }), clock)
  }

  /** Creates sessions. */
  async populate({ size, sessions, remembered = sessions, ttlMs }: Population): Promise<void> {
    const list = this.#sessionsOf(size)
    const content = this.#contentOf(size)
    const every = Math.ceil(sessions / remembered)
    let left = sessions
    await Promise.all(
      Array.from({ length: populating }, async () => {
        while (left > 0) {
          const isRemembered = left % every === 0
          left -= 1
          this.#people += 1
          const session = await this.#subject.create(ofPerson(content, this.#people), ttlMs)
          if (isRemembered) list.push(session)
        }
      }),
    )
    // Here, and before no round: after a forced collection V8 compiles anew, and begins with a small young generation.
    globalThis.gc?.()
  }

  /** False where the subject cannot do this. */
  can(cell: Cell): boolean {
    return this.#subject.batch ? hasLimit(cell) : operations[cell.operation](this.#subject) !== undefined
  }

  measure({ seconds, ...cell }: Cell & { seconds: number }): Promise<Measurement> {
    const pause = inTurns.has(cell.operation) ? setImmediate : undefined
    return this.#run(cell, { span: seconds, pause })
  }

  /**
   * Runs one cell with callers that let the event loop turn after each operation, as requests from a network would: for so
   * many seconds, or for as long as some work takes.
   */
  measureInTurns(cell: Cell, span: number | Promise<unknown>): Promise<Measurement> {
    return this.#run(cell, { span, pause: setImmediate })
  }

  /** The same under V8's CPU profiler: the shares of the main thread's time by room. */
  async profile(stretch: Cell & { seconds: number }): Promise<Record<string, number>> {
    return sharesOf(selfTimes(await profileOf(() => this.measure(stretch))))
  }

  /** Rejects where what was measured is not true. */
  async check({ operation, size }: Pick<Cell, 'operation' | 'size'>): Promise<void> {
    this.#checker ??= await this.#definition.open(this.#place)
    await checkStore({
      subject: this.#subject,
      checker: this.#checker,
      sessions: this.#sessionsOf(size),
      content: this.#contentOf(size),
      operation,
    })
  }

  /** How long the event loop was held up while a cell ran, each operation started by a turn of its own. */
  async eventLoopDelay({ seconds, ...cell }: Cell & { seconds: number }): Promise<EventLoopDelay> {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const { operationsPerSecond } = await this.measureInTurns(cell, seconds)
    await setTimeout(5) // the last turn is only known when it is over
    delay.disable()
    return { operationsPerSecond, p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 }
  }

  /** Loads for a while, lets `expired` further sessions expire, and loads on while they are removed. */
  async cleanUp({ expired, size, callers, seconds }: CleanUp): Promise<CleanUpResult> {
    const { cleanExpired } = this.#subject
    if (cleanExpired === undefined) throw new Error(`${this.#definition.name} has no clean-up to start`)
    const cell = { operation: 'load', size, callers } as const
    await this.populate({ size, sessions: expired, remembered: 0, ttlMs: soonMs })
    await this.measureInTurns(cell, seconds / 2)
    const before = await this.measureInTurns(cell, seconds)
    this.#clock.skewMs = soonMs + 1
    const start = performance.now()
    const cleaning = cleanExpired()
    const [removed, { p99Ms }] = await Promise.all([cleaning, this.measureInTurns(cell, cleaning)])
    const elapsed = (performance.now() - start) / 1000
    if (removed !== expired) throw new Error(`${expired} sessions expired, ${removed} were removed`)
    return { removed, p99BeforeMs: before.p99Ms, p99WhileMs: p99Ms, seconds: elapsed }
  }

  bytesAtRest(): Promise<number> {
    return this.#subject.bytesAtRest()
  }

  async close(): Promise<void> {
    await this.#checker?.close()
    await this.#subject.close()
  }

  /** Each caller has sessions of its own, so that it knows what is in them. */
  #run({ operation, size, callers }: Cell, loop: Pick<Loop, 'span' | 'pause'>): Promise<Measurement> {
    const sessions = this.#sessionsOf(size)
    if (sessions.length < callers) throw new RangeError(`${callers} callers, but ${sessions.length} sessions`)
    this.#turn += 1_000
    const offset = this.#turn
    const { batch } = this.#subject
    if (batch) {
      const work = batchOperations[operation as keyof typeof batchOperations]
      const lanes = shares(sessions, Math.floor(callers / batchSize))
      const step = async (lane: number, turn: number) => {
        const own = lanes[lane] as StoredSession[]
        const start = ((offset + turn) * batchSize) % (own.length - batchSize + 1)
        await work(batch, own.slice(start, start + batchSize))
        return batchSize
      }
      return closedLoop({ ...loop, callers: lanes.length, step })
    }
    const work = operations[operation](this.#subject)
    if (work === undefined) throw new Error(`${this.#definition.name} has no ${operation}`)
    const lanes = shares(sessions, callers)
    const step = async (caller: number, turn: number) => {
      const own = lanes[caller] as StoredSession[]
      await work(own[(offset + turn) % own.length] as StoredSession, turn)
      return 1
    }
    return closedLoop({ ...loop, callers, step })
  }

  #sessionsOf(size: number): StoredSession[] {
    const list = this.#sessions.get(size) ?? []
    this.#sessions.set(size, list)
    return list
  }

  #contentOf(size: number): SampleContent {
    return sampleContent(size, { cookie: this.#subject.hasCookie ?? false })
  }
}

function shares<T>(list: readonly T[], count: number): T[][] {
  const size = Math.floor(list.length / count)
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size))
}
