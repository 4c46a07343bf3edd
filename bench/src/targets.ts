import { usualSize } from './plan.ts'
import type { BackendName } from './subjects/backends.ts'
import type { Role } from './subjects/subject.ts'
import type { Cell } from './worker/bench.ts'

/** A ratio of sess to another subject that must be reached. */
export interface Target extends Cell {
  backend: BackendName
  against: Exclude<Role, 'sess'>
  metric: 'throughput' | 'p99'
  /** The least ratio of throughputs, or the greatest of the 99th percentiles. */
  bound: number
}

/** `callers: [load, save]`, as multiples of the most-used store's throughput. */
const multiples: Readonly<Record<BackendName, Readonly<Record<number, readonly [load: number, save: number]>>>> = {
  memory: { 1: [1, 1], 64: [1, 1], 256: [1, 1] },
  sqlite: { 1: [2, 4], 64: [5, 50], 256: [5, 70] },
  redis: { 1: [1, 1], 64: [3, 2], 256: [3, 2] },
  postgres: { 1: [1, 1], 64: [5, 6], 256: [6, 8] },
  mysql: { 1: [1, 1], 64: [5, 4], 256: [6, 6] },
  mariadb: { 1: [1, 1], 64: [5, 4], 256: [6, 6] },
}

/** MySQL writes nothing where the data is the same, so the plain statement with changing data is a bar too. */
const savesBesideTheDriver: readonly BackendName[] = ['mysql', 'mariadb']

/** The least part of what batches written by hand reach. They are measured where there is a statement to share. */
const partOfTheLimit = 0.6

export const targets: readonly Target[] = Object.entries(multiples).flatMap(([name, byCallers]) =>
  Object.entries(byCallers).flatMap(([count, [load, save]]) => {
    const backend = name as BackendName
    const callers = Number(count)
    const at = { backend, callers, size: usualSize } as const
    const bars = [
      { ...at, operation: 'load', against: 'peer', metric: 'throughput', bound: load },
      { ...at, operation: 'save', against: 'peer', metric: 'throughput', bound: save },
      { ...at, operation: 'load', against: 'peer', metric: 'p99', bound: 1 },
      { ...at, operation: 'save', against: 'peer', metric: 'p99', bound: 1 },
    ] satisfies Target[]
    const more: Target[] = []
    if (savesBesideTheDriver.includes(backend)) {
      more.push({ ...at, operation: 'save', against: 'raw', metric: 'throughput', bound: save })
    }
    if (callers === 256 && backend !== 'memory') {
      more.push({ ...at, operation: 'load', against: 'batch', metric: 'throughput', bound: partOfTheLimit })
      more.push({ ...at, operation: 'save', against: 'batch', metric: 'throughput', bound: partOfTheLimit })
    }
    return [...bars, ...more]
  }),
)

/** The least throughput with a million live sessions, as a part of that with ten thousand. */
export const partAtAMillion = 0.8

/** The greatest 99th percentile of loads while the expired are removed, as a multiple of that before. */
export const slowdownWhileCleaning = 2
