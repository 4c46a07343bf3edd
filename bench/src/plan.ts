import { batchOperations, batchSize, type OperationName, operationNames } from './operations.ts'
import { type BackendName, backendNames } from './subjects/backends.ts'
import { type Role, roles } from './subjects/subject.ts'
import type { Cell } from './worker/bench.ts'

/** What a run measures, and how long. */
export interface Plan {
  backends: readonly BackendName[]
  subjects: readonly Role[]
  cells: readonly Cell[]
  rounds: number
  seconds: number
  warmUpSeconds: number
  /** How many sessions each subject has of each size. */
  sessions: number
  /** True where the results are kept in files: the plan is a whole one. */
  isKept: boolean
}

export interface Matrix {
  operations: readonly OperationName[]
  sizes: readonly number[]
  callers: readonly number[]
}

/** The size that the targets are about. */
export const usualSize = 500

/** What decides, at all of its numbers of callers; everything else at one. */
const core: Matrix = { operations: ['load', 'save'], sizes: [usualSize], callers: [1, 64, 256] }
const large: Matrix = { operations: ['load', 'save'], sizes: [8192], callers: [64] }
const others: Matrix = {
  operations: ['touch', 'create-delete', 'mixed', 'load-in-turns', 'save-in-turns'],
  sizes: [usualSize],
  callers: [64],
}

export const usualCells: readonly Cell[] = [core, large, others].flatMap(cellsOf)

export const fullMatrix: Matrix = { operations: operationNames, sizes: [usualSize, 8192], callers: [1, 16, 64, 256] }

export const usualPlan: Plan = {
  backends: backendNames,
  subjects: roles,
  cells: usualCells,
  rounds: 5,
  seconds: 0.6,
  warmUpSeconds: 0.25,
  sessions: 4096,
  isKept: true,
}

/** Whether the batches written by hand are measured there: only what is a target has its limit told. */
export function hasLimit({ operation, callers }: Cell): boolean {
  return callers >= batchSize && operation in batchOperations
}

export function cellsOf({ operations, sizes, callers }: Matrix): Cell[] {
  return sizes.flatMap((size) =>
    operations.flatMap((operation) => callers.map((n) => ({ operation, size, callers: n }))),
  )
}

/** About how many seconds one backend takes: the rounds, and some for each subject to be filled and checked. */
export function estimatedSeconds({ subjects, cells, rounds, seconds, warmUpSeconds, sessions }: Plan): number {
  const sizes = new Set(cells.map(({ size }) => size)).size
  const turns = subjects.flatMap((role) => cells.filter((cell) => role !== 'batch' || hasLimit(cell))).length
  const operations = new Set(cells.map(({ operation }) => operation)).size
  const warmUp = subjects.length * operations * 2 * warmUpSeconds
  return turns * (rounds * seconds + warmUpSeconds + 0.1) + warmUp + subjects.length * sizes * sessions * 0.0004 + 5
}
