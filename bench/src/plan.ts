import { batchOperations, batchSize, type OperationName, operationNames } from './operations.ts'
import { type BackendName, backendNames, subjectsOf } from './subjects/backends.ts'
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
export const core: Matrix = { operations: ['load', 'save'], sizes: [usualSize], callers: [1, 64, 256] }
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
  rounds: 9,
  seconds: 0.35,
  warmUpSeconds: 0.25,
  sessions: 4096,
  isKept: true,
}

export const profilePlan: Plan = {
  ...usualPlan,
  subjects: ['sess', 'peer', 'batch'],
  cells: cellsOf(core),
  rounds: 3,
  seconds: 1,
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

/**
 * What each subject does before the first cell: every operation with the most callers and with the fewest, so that all that
 * it takes is compiled. A server runs for days. The fewest get longer, as they do less in a second.
 */
export function warmUpsOf({ cells, warmUpSeconds }: Plan): (Cell & { seconds: number })[] {
  return [...Map.groupBy(cells, ({ operation }) => operation).values()].flatMap((group) => {
    const byCallers = group.toSorted((one, other) => other.callers - one.callers)
    const [most, fewest] = [byCallers.at(0) as Cell, byCallers.at(-1) as Cell]
    const ends = [{ ...most, seconds: 2 * warmUpSeconds }]
    return fewest.callers === most.callers ? ends : [...ends, { ...fewest, seconds: 6 * warmUpSeconds }]
  })
}

export async function estimatedMinutes(plan: Plan): Promise<number> {
  let seconds = 0
  for (const backend of plan.backends) {
    const subjects = (await subjectsOf(backend, plan.subjects)).map(({ role }) => role)
    seconds += estimatedSeconds({ ...plan, subjects })
  }
  return seconds / 60
}

/** About how many seconds a backend with these subjects takes: the rounds, and some for each to be filled and checked. */
export function estimatedSeconds(plan: Plan): number {
  const { subjects, cells, rounds, seconds, warmUpSeconds, sessions } = plan
  const sizes = new Set(cells.map(({ size }) => size)).size
  const turns = subjects.flatMap((role) => cells.filter((cell) => role !== 'batch' || hasLimit(cell))).length
  const warmUp = subjects.length * warmUpsOf(plan).reduce((sum, warmUp) => sum + warmUp.seconds, 0)
  return turns * (rounds * seconds + warmUpSeconds + 0.1) + warmUp + subjects.length * sizes * sessions * 0.0004 + 5
}
