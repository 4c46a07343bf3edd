import type { SubjectProfile } from '../src/profile/profile-results.ts'
import type { BackendResult, CellResult, SubjectRounds } from '../src/results.ts'
import type { ScaleResult } from '../src/scale/scale-results.ts'
import type { BackendName } from '../src/subjects/backends.ts'
import type { Cell } from '../src/worker/bench.ts'
import type { Measurement } from '../src/worker/closed-loop.ts'

/** Of a second with this throughput. */
export function measurement(operationsPerSecond: number, p99Ms = 1): Measurement {
  return {
    operationsPerSecond,
    p50Ms: 0.5,
    p99Ms,
    cpuMicroseconds: 10,
    mainThreadMicroseconds: 8,
    operations: operationsPerSecond,
  }
}

/** Rounds with these throughputs and 99th percentiles. */
export function rounds(operationsPerSecond: readonly number[], p99Ms = 1): SubjectRounds {
  return { rounds: operationsPerSecond.map((each) => measurement(each, p99Ms)) }
}

/** Of a round with this throughput. */
export function subjectProfileOf(operationsPerSecond: number): SubjectProfile {
  const shares = { '@sess/core': 0.25, 'JSON.parse': 0.75 }
  return { rounds: [{ ...measurement(operationsPerSecond), serverMicroseconds: 50 }], shares }
}

export function cell(at: Partial<Cell>, subjects: CellResult['subjects']): CellResult {
  return { operation: 'load', size: 500, callers: 64, ...at, subjects }
}

export function resultOf(backend: BackendName, cells: CellResult[]): BackendResult {
  return {
    backend,
    date: '2026-01-01T00:00:00.000Z',
    machine: { cpu: 'a <fast> one', cores: 2, memoryGib: 24, platform: 'linux x64', node: '24.0.0' },
    server: null,
    rounds: 3,
    seconds: 1,
    sessions: 1024,
    subjects: [
      {
        role: 'sess',
        name: `@sess/${backend}`,
        versions: { [`@sess/${backend}`]: '1.0.0' },
        configuration: 'its defaults',
      },
      { role: 'peer', name: 'peer & co', versions: {}, configuration: 'as its README has it' },
    ],
    cells,
  }
}

/** Four fifths of the loads with a million sessions, and a little less of the saves. */
export const scaleResult: ScaleResult = {
  ...resultOf('redis', []),
  callers: 64,
  size: 500,
  populations: [
    { sessions: 10_000, profiles: { load: subjectProfileOf(100), save: subjectProfileOf(100) } },
    { sessions: 1_000_000, profiles: { load: subjectProfileOf(80), save: subjectProfileOf(79) } },
  ],
  cleanUp: { removed: 10, expired: 10, p99BeforeMs: 1, p99WhileMs: 2.1, seconds: 1 },
  bytesPerSession: [],
  eventLoop: null,
  startUp: [],
}
