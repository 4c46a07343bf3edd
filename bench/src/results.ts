import { ratioOfRounds, type Summary } from './statistics.ts'
import type { BackendName } from './subjects/backends.ts'
import type { Role } from './subjects/subject.ts'
import { type Target, targets } from './targets.ts'
import type { Cell } from './worker/bench.ts'
import type { Measurement } from './worker/closed-loop.ts'

/** One subject in one cell: a measurement for each round, or why it is not to be believed. */
export type SubjectRounds = { rounds: Measurement[] } | { refused: string }

export interface CellResult extends Cell {
  subjects: Partial<Record<Role, SubjectRounds>>
}

export interface SubjectInfo {
  role: Role
  name: string
  versions: Record<string, string>
  configuration: string
}

export interface Machine {
  cpu: string
  cores: number
  memoryGib: number
  platform: string
  node: string
}

/** What was measured, with what, and for how long. */
export interface RunInfo {
  backend: BackendName
  date: string
  machine: Machine
  /** The server's own word for its version; null where there is no server. */
  server: string | null
  rounds: number
  seconds: number
  sessions: number
  subjects: SubjectInfo[]
}

export interface BackendResult extends RunInfo {
  cells: CellResult[]
}

export interface Verdict {
  target: Target
  ratio: Summary
  reached: boolean
}

/** The throughput of one subject as a multiple of another's; null where one of them was not measured. */
export function throughputRatio(cell: CellResult, one: Role, other: Role): Summary | null {
  return ratioIn(cell, one, other, ({ operationsPerSecond }) => operationsPerSecond)
}

/** What became of the targets for which there are results. */
export function verdicts({ backend, cells }: BackendResult): Verdict[] {
  return targets
    .filter((target) => target.backend === backend)
    .flatMap((target) => {
      const cell = cells.find((candidate) => isSameCell(candidate, target))
      const ratio = cell && ratioIn(cell, 'sess', target.against, metrics[target.metric])
      if (!ratio) return []
      const reached = target.metric === 'p99' ? ratio.median <= target.bound : ratio.median >= target.bound
      return [{ target, ratio, reached }]
    })
}

export function refusals({ cells }: BackendResult): { cell: Cell; role: Role; reason: string }[] {
  return cells.flatMap((cell) =>
    Object.entries(cell.subjects).flatMap(([role, result]) =>
      'refused' in result ? [{ cell, role: role as Role, reason: result.refused }] : [],
    ),
  )
}

export function isSameCell(one: Cell, other: Cell): boolean {
  return one.operation === other.operation && one.size === other.size && one.callers === other.callers
}

const metrics: Readonly<Record<Target['metric'], (measurement: Measurement) => number>> = {
  throughput: ({ operationsPerSecond }) => operationsPerSecond,
  p99: ({ p99Ms }) => p99Ms,
}

function ratioIn({ subjects }: CellResult, one: Role, other: Role, metric: (m: Measurement) => number): Summary | null {
  const [mine, theirs] = [subjects[one], subjects[other]]
  if (!mine || !theirs || 'refused' in mine || 'refused' in theirs) return null
  return ratioOfRounds(mine.rounds.map(metric), theirs.rounds.map(metric))
}
