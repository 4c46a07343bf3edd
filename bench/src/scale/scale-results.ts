import type { Machine } from '../results.ts'
import { ratioOfRounds, type Summary } from '../statistics.ts'
import type { BackendName } from '../subjects/backends.ts'
import { partAtAMillion, slowdownWhileCleaning } from '../targets.ts'
import type { CleanUpResult, EventLoopDelay } from '../worker/bench.ts'
import type { Measurement } from '../worker/closed-loop.ts'
import type { StartUp } from './start-up.ts'

export type ScaleOperation = 'load' | 'save'

export interface PopulationResult {
  /** How many sessions were live. */
  sessions: number
  rounds: Record<ScaleOperation, Measurement[]>
}

export interface ScaleResult {
  backend: BackendName
  date: string
  machine: Machine
  server: string | null
  callers: number
  size: number
  /** Ascending. */
  populations: PopulationResult[]
  /** Beside the largest population. */
  cleanUp: CleanUpResult & { expired: number }
  bytesPerSession: { name: string; bytes: number }[]
  /** Null where the engine is not in the process. */
  eventLoop: ({ name: string } & EventLoopDelay)[] | null
  startUp: StartUp[]
}

export interface ScaleVerdict {
  what: string
  bound: string
  measured: Summary
  reached: boolean
}

export function scaleVerdicts({ populations, cleanUp }: ScaleResult): ScaleVerdict[] {
  const [least, most] = [populations[0], populations.at(-1)]
  const kept = (['load', 'save'] as const).flatMap((operation) => {
    if (!least || !most || least === most) return []
    const rate = ({ operationsPerSecond }: Measurement) => operationsPerSecond
    const measured = ratioOfRounds(most.rounds[operation].map(rate), least.rounds[operation].map(rate))
    const what = `${operation}, throughput with ${most.sessions} sessions / with ${least.sessions}`
    return [{ what, bound: `>= ${partAtAMillion}`, measured, reached: measured.median >= partAtAMillion }]
  })
  const slowdown = cleanUp.p99WhileMs / cleanUp.p99BeforeMs
  const measured = { median: slowdown, min: slowdown, max: slowdown }
  const what = `p99 of loads while ${cleanUp.expired} expired are removed / before`
  return [...kept, { what, bound: `<= ${slowdownWhileCleaning}`, measured, reached: slowdown <= slowdownWhileCleaning }]
}
