import type { RunInfo } from '../results.ts'
import type { Role } from '../subjects/subject.ts'
import type { Cell } from '../worker/bench.ts'
import type { Measurement } from '../worker/closed-loop.ts'

/** Where one subject's time goes in one cell. */
export interface SubjectProfile {
  /** Without the profiler, which slows everything down. */
  rounds: ProfileRound[]
  /** The rooms' shares of the main thread's time, from a profile that was taken after the rounds. */
  shares: Record<string, number>
}

export interface ProfileRound extends Measurement {
  /** CPU time of the server, user and system, in microseconds for one operation; null where it cannot be known. */
  serverMicroseconds: number | null
}

export interface ProfiledCell extends Cell {
  subjects: Partial<Record<Role, SubjectProfile>>
}

export interface ProfileResult extends RunInfo {
  cells: ProfiledCell[]
}
