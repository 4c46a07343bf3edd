import type { BackendResult, CellResult, SubjectRounds } from '../src/results.ts'
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
