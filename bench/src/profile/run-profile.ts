import { type Contender, openContenders } from '../contenders.ts'
import { eachBackend } from '../each-backend.ts'
import { describeRun, openStorage } from '../environment.ts'
import { estimatedMinutes, type Plan } from '../plan.ts'
import { keep } from '../report/result-files.ts'
import { type BackendName, backends, subjectsOf } from '../subjects/backends.ts'
import type { Cell } from '../worker/bench.ts'
import { profileReport } from './profile-report.ts'
import type { ProfiledCell, ProfileResult } from './profile-results.ts'
import { profiledArgv, profileWorkers } from './profile-workers.ts'

/** Shows where the time of the client goes, and how much the server needs beside it. */
export async function runProfile(plan: Plan): Promise<void> {
  const minutes = await estimatedMinutes({ ...plan, rounds: 2 * plan.rounds })
  console.error(`About ${Math.ceil(minutes)} minutes for ${plan.backends.join(', ')}.`)
  await eachBackend(plan.backends, async (backend) => {
    const result = await profileBackend(backend, plan)
    console.log(profileReport(result))
    if (plan.isKept) await keep(`profile-${backend}`, result)
  })
}

async function profileBackend(backend: BackendName, plan: Plan): Promise<ProfileResult> {
  const definitions = await subjectsOf(backend, plan.subjects)
  await using storage = await openStorage(backends[backend].server)
  await using workers = new AsyncDisposableStack()
  const { url, folder, pids } = storage
  const say = (progress: string) => console.error(`${backend}: ${progress}`)
  const contenders = await openContenders(
    { backend, definitions, plan, place: { url, folder }, say, execArgv: profiledArgv },
    workers,
  )
  const cells: ProfiledCell[] = []
  for (const cell of plan.cells) {
    say(`${cell.operation}, ${cell.size} bytes, ${cell.callers} callers`)
    cells.push({ ...cell, subjects: await profileCell(contenders, cell, plan, pids) })
  }
  return { ...(await describeRun(backend, plan, storage, definitions)), cells }
}

async function profileCell(
  contenders: readonly Contender[],
  cell: Cell,
  plan: Plan,
  serverPids: readonly number[],
): Promise<ProfiledCell['subjects']> {
  const able: Contender[] = []
  for (const contender of contenders) if (await contender.worker.call('can', cell)) able.push(contender)
  const workers = able.map(({ worker }) => worker)
  const profiles = await profileWorkers(workers, cell, plan, serverPids)
  return Object.fromEntries(able.map(({ role }, index) => [role, profiles[index]]))
}
