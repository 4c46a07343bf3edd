import { quantileSorted } from 'simple-statistics'

export interface Measurement {
  operationsPerSecond: number
  p50Ms: number
  p99Ms: number
  /** CPU time of this process, user and system, in microseconds for one operation. */
  cpuMicroseconds: number
  /** The part of it that its main thread used; the rest is that of the threads that collect garbage and compile. */
  mainThreadMicroseconds: number
  operations: number
}

/** Before Node.js 23.9 the threads cannot be told apart. */
const threadCpuUsage: typeof process.cpuUsage = process.threadCpuUsage ?? process.cpuUsage

/** The most latencies that are kept; of more, the last. */
const maxLatencies = 2 ** 21
const latencies = new Float64Array(maxLatencies)

export interface Loop {
  callers: number
  /** How long callers start another operation: for so many seconds, or until this is settled. */
  span: number | Promise<unknown>
  /** Does one operation, or several at once, and says how many that was. */
  step: (caller: number, turn: number) => Promise<number>
  /**
   * What a caller waits for before its next operation. The wait counts: what holds up the event loop holds up a request
   * that has arrived. Left out: nothing.
   */
  pause?: (() => Promise<unknown>) | undefined
}

/** Runs callers, each of which starts its next operation when its last is done. */
export async function closedLoop({ callers, span, step, pause }: Loop): Promise<Measurement> {
  let operations = 0
  let steps = 0
  const cpuBefore = process.cpuUsage()
  const threadBefore = threadCpuUsage()
  const start = performance.now()
  const isOver = typeof span === 'number' ? (now: number) => now >= start + span * 1000 : untilSettled(span)
  const callersEnded = await Promise.allSettled(
    Array.from({ length: callers }, async (_, caller) => {
      let before = performance.now()
      for (let turn = 0; !isOver(before); turn += 1) {
        const done = await step(caller, turn)
        operations += done
        const after = performance.now()
        latencies[steps % maxLatencies] = after - before
        steps += 1
        if (pause) await pause()
        before = after
      }
    }),
  )
  for (const ended of callersEnded) if (ended.status === 'rejected') throw ended.reason
  const elapsedMs = performance.now() - start
  const cpu = process.cpuUsage(cpuBefore)
  const thread = threadCpuUsage(threadBefore)
  const sorted = latencies.slice(0, Math.min(steps, maxLatencies)).sort()
  return {
    operationsPerSecond: (operations / elapsedMs) * 1000,
    p50Ms: quantileSorted(sorted as unknown as number[], 0.5),
    p99Ms: quantileSorted(sorted as unknown as number[], 0.99),
    cpuMicroseconds: (cpu.user + cpu.system) / operations,
    mainThreadMicroseconds: (thread.user + thread.system) / operations,
    operations,
  }
}

function untilSettled(work: Promise<unknown>): () => boolean {
  let isSettled = false
  const settled = () => {
    isSettled = true
  }
  work.then(settled, settled)
  return () => isSettled
}
