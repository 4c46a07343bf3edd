import type { SubjectProfile } from '../profile/profile-results.ts'
import type { Machine } from '../results.ts'
import { ratioOfRounds, type Summary } from '../statistics.ts'
import type { BackendName } from '../subjects/backends.ts'
import { partAtAMillion, slowdownWhileCleaning } from '../targets.ts'
import type { CleanUpResult, EventLoopDelay } from '../worker/bench.ts'
import type { Measurement } from '../worker/closed-loop.ts'
import type { StartUp } from './start-up.ts'

export const scaleOperations = ['load', 'save'] as const
export type ScaleOperation = (typeof scaleOperations)[number]

export interface PopulationResult {
  /** How many sessions were live. */
  sessions: number
  /** Where the time goes, and in its rounds how much is done. */
  profiles: Record<ScaleOperation, SubjectProfile>
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
  const kept = scaleOperations.flatMap((operation) => {
    if (!least || !most || least === most) return []
    const rate = ({ operationsPerSecond }: Measurement) => operationsPerSecond
    const rates = ({ profiles }: PopulationResult) => profiles[operation].rounds.map(rate)
    const measured = ratioOfRounds(rates(most), rates(least))
    const what = `${operation}, throughput with ${most.sessions} sessions / with ${least.sessions}`
    return [{ what, bound: `>= ${partAtAMillion}`, measured, reached: measured.median >= partAtAMillion }]
  })
  const slowdown = cleanUp.p99WhileMs / cleanUp.p99BeforeMs
  const measured = { median: slowdown, min: slowdown, max: slowdown }
  const what = `p99 of loads while ${cleanUp.expired} expired are removed / before`
  return [...kept, { what, bound: `<= ${slowdownWhileCleaning}`, measured, reached: slowdown <= slowdownWhileCleaning }]
}
