import type { Machine } from '../results.ts'
import { ratioOfRounds, type Summary } from '../statistics.ts'
import type { BackendName } from '../subjects/backends.ts'
import type { Scenario } from './messages.ts'
import type { HttpRole } from './stores.ts'

export interface HttpPlan {
  backends: readonly BackendName[]
  rounds: number
  seconds: number
  warmUpSeconds: number
  connections: number
  /** How many browsers of each subject are signed in. */
  sessions: number
  isKept: boolean
}

export const usualHttpPlan: Omit<HttpPlan, 'backends'> = {
  rounds: 9,
  seconds: 1.5,
  warmUpSeconds: 2,
  connections: 64,
  sessions: 1_024,
  isKept: true,
}

/** One round of one subject. */
export interface HttpRound {
  requestsPerSecond: number
  p50Ms: number
  p99Ms: number
  /** Of the web application's process, all threads. */
  cpuMicroseconds: number
}

export interface HttpCell {
  scenario: Scenario
  subjects: Partial<Record<HttpRole, { rounds: HttpRound[] } | { refused: string }>>
}

export interface HttpResult {
  backend: BackendName
  date: string
  machine: Machine
  server: string | null
  rounds: number
  seconds: number
  connections: number
  sessions: number
  subjects: { role: HttpRole; name: string; versions: Record<string, string>; configuration: string }[]
  cells: HttpCell[]
}

/** The least throughput of sess as a multiple of the most-used store's, with either `touchEvery`. */
export const httpTargets: Readonly<Record<BackendName, number>> = {
  memory: 0.95,
  sqlite: 3,
  redis: 0.95,
  postgres: 3,
  mysql: 2,
  mariadb: 2,
}

/** Requests a second of a role as a multiple of the peer's, round by round; null where one of them was not measured. */
export function httpRatio({ subjects }: HttpCell, role: HttpRole): Summary | null {
  const [mine, theirs] = [subjects[role], subjects.peer]
  if (!mine || !theirs || 'refused' in mine || 'refused' in theirs) return null
  const perSecond = ({ requestsPerSecond }: HttpRound) => requestsPerSecond
  return ratioOfRounds(mine.rounds.map(perSecond), theirs.rounds.map(perSecond))
}

export function httpMinutes({ backends, rounds, seconds, warmUpSeconds }: HttpPlan): number {
  const subjects = backends.length * 3 + (backends.includes('sqlite') ? 1 : 0)
  return (subjects * 2 * (rounds * seconds + warmUpSeconds + 0.5) + backends.length * 8) / 60
}
