import { type Contender, openContenders, type Run } from './contenders.ts'
import type { Plan } from './plan.ts'
import type { CellResult, SubjectRounds } from './results.ts'
import type { Role } from './subjects/subject.ts'
import type { Cell } from './worker/bench.ts'

/** Measures all cells of one backend, the subjects taking turns, one at a time. */
export async function runBackend(run: Run): Promise<CellResult[]> {
  await using workers = new AsyncDisposableStack()
  const contenders = await openContenders(run, workers)
  const { plan, say } = run
  const results: CellResult[] = []
  for (const cell of plan.cells) {
    say(`${cell.operation}, ${cell.size} bytes, ${cell.callers} callers`)
    results.push({ ...cell, subjects: await runCell(contenders, cell, plan) })
  }
  return results
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
