import type { Plan } from './plan.ts'
import type { CellResult, SubjectRounds } from './results.ts'
import type { BackendName } from './subjects/backends.ts'
import type { Role, SubjectDefinition } from './subjects/subject.ts'
import type { Cell } from './worker/bench.ts'
import { WorkerProcess } from './worker/worker-process.ts'

interface Run {
  backend: BackendName
  definitions: readonly SubjectDefinition[]
  plan: Plan
  /** Where the sessions are kept; each subject gets a namespace in it. */
  place: { url: string; folder: string }
  say: (progress: string) => void
}

interface Contender {
  role: Role
  name: string
  worker: WorkerProcess
}

/** Measures all cells of one backend, the subjects taking turns, one at a time. */
export async function runBackend({ backend, definitions, plan, place, say }: Run): Promise<CellResult[]> {
  await using workers = new AsyncDisposableStack()
  const contenders: Contender[] = []
  for (const { role, name } of definitions) {
    const namespace = `bench_${role}`
    const worker = workers.use(await WorkerProcess.start({ backend, role, place: { ...place, namespace } }))
    contenders.push({ role, name, worker })
    for (const size of new Set(plan.cells.map((cell) => cell.size))) {
      say(`${name}: ${plan.sessions} sessions of ${size} bytes`)
      await worker.call('populate', { size, sessions: plan.sessions })
    }
  }

  for (const { name, worker } of contenders) {
    say(`${name}: warming up`)
    await warmUp(worker, plan)
  }

  const results: CellResult[] = []
  for (const cell of plan.cells) {
    say(`${cell.operation}, ${cell.size} bytes, ${cell.callers} callers`)
    results.push({ ...cell, subjects: await runCell(contenders, cell, plan) })
  }
  return results
}

/**
 * Has every operation compiled before the first cell, which is the one with the fewest turns: a server runs for days. What
 * fails here fails in its cell again.
 */
async function warmUp(worker: WorkerProcess, { cells, warmUpSeconds }: Plan): Promise<void> {
  const callers = Math.max(...cells.map((cell) => cell.callers))
  for (const operation of new Set(cells.map((cell) => cell.operation))) {
    const { size } = cells.find((cell) => cell.operation === operation) as Cell
    const cell = { operation, size, callers, seconds: 2 * warmUpSeconds }
    if (await worker.call('can', cell)) await worker.call('measure', cell).catch(() => {})
  }
}

async function runCell(
  contenders: readonly Contender[],
  cell: Cell,
  { rounds, seconds, warmUpSeconds }: Plan,
): Promise<CellResult['subjects']> {
  const results: Partial<Record<Role, SubjectRounds>> = {}
  const attempt = async (role: Role, work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      results[role] = { refused: (error as Error).message }
    }
  }
  for (const { role, worker } of contenders) {
    if (!(await worker.call('can', cell))) continue
    results[role] = { rounds: [] }
    await attempt(role, async () => void (await worker.call('measure', { ...cell, seconds: warmUpSeconds })))
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { role, worker } of contenders) {
      const result = results[role]
      if (!result || 'refused' in result) continue
      await attempt(role, async () => void result.rounds.push(await worker.call('measure', { ...cell, seconds })))
    }
  }
  for (const { role, worker } of contenders) {
    const result = results[role]
    if (result && !('refused' in result)) await attempt(role, () => worker.call('check', cell))
  }
  return results
}
