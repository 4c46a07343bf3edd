import { type Contender, openContenders } from '../contenders.ts'
import { describeRun, openStorage } from '../environment.ts'
import { estimatedMinutes, type Plan } from '../plan.ts'
import { keep } from '../report/result-files.ts'
import { type BackendName, backends, subjectsOf } from '../subjects/backends.ts'
import type { Cell } from '../worker/bench.ts'
import { profileReport } from './profile-report.ts'
import type { ProfiledCell, ProfileResult, ProfileRound, SubjectProfile } from './profile-results.ts'
import { cpuSecondsOf } from './server-cpu.ts'

/** Shows where the time of the client goes, and how much the server needs beside it. */
export async function runProfile(plan: Plan): Promise<void> {
  const minutes = await estimatedMinutes({ ...plan, rounds: 2 * plan.rounds })
  console.error(`About ${Math.ceil(minutes)} minutes for ${plan.backends.join(', ')}.`)
  for (const backend of plan.backends) {
    const result = await profileBackend(backend, plan)
    console.log(profileReport(result))
    if (plan.isKept) await keep(`profile-${backend}`, result)
  }
}

async function profileBackend(backend: BackendName, plan: Plan): Promise<ProfileResult> {
  const definitions = await subjectsOf(backend, plan.subjects)
  await using storage = await openStorage(backends[backend].server)
  await using workers = new AsyncDisposableStack()
  const { url, folder, pids } = storage
  const say = (progress: string) => console.error(`${backend}: ${progress}`)
  const execArgv = ['--import', new URL('named-built-ins.ts', import.meta.url).href]
  const contenders = await openContenders(
    { backend, definitions, plan, place: { url, folder }, say, execArgv },
    workers,
  )
  const cells: ProfiledCell[] = []
  for (const cell of plan.cells) {
    say(`${cell.operation}, ${cell.size} bytes, ${cell.callers} callers`)
    cells.push({ ...cell, subjects: await profileCell(contenders, cell, plan, pids) })
  }
  return { ...(await describeRun(backend, plan, storage, definitions)), cells }
}

/** Rounds without the profiler, the subjects taking turns, and then one long stretch of each with it. */
async function profileCell(
  contenders: readonly Contender[],
  cell: Cell,
  { rounds, seconds, warmUpSeconds }: Plan,
  serverPids: readonly number[],
): Promise<ProfiledCell['subjects']> {
  const able: { contender: Contender; result: SubjectProfile }[] = []
  for (const contender of contenders) {
    if (!(await contender.worker.call('can', cell))) continue
    await contender.worker.call('measure', { ...cell, seconds: warmUpSeconds })
    able.push({ contender, result: { rounds: [], shares: {} } })
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { contender, result } of able) {
      result.rounds.push(await measureBoth(contender, { ...cell, seconds }, serverPids))
    }
  }
  for (const { contender, result } of able) {
    result.shares = await contender.worker.call('profile', { ...cell, seconds: rounds * seconds })
    await contender.worker.call('check', cell)
  }
  return Object.fromEntries(able.map(({ contender, result }) => [contender.role, result]))
}

/** The client, and the server while it is at work for it. */
async function measureBoth(
  { worker }: Contender,
  stretch: Cell & { seconds: number },
  serverPids: readonly number[],
): Promise<ProfileRound> {
  const before = await cpuSecondsOf(serverPids)
  const measurement = await worker.call('measure', stretch)
  const after = await cpuSecondsOf(serverPids)
  const known = before !== null && after !== null
  return { ...measurement, serverMicroseconds: known ? ((after - before) * 1e6) / measurement.operations : null }
}
