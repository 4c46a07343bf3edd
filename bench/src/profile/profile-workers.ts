import type { Plan } from '../plan.ts'
import type { Cell } from '../worker/bench.ts'
import type { WorkerProcess } from '../worker/worker-process.ts'
import { apart } from './cpus.ts'
import type { ProfileRound, SubjectProfile } from './profile-results.ts'
import { cpuSecondsOf } from './server-cpu.ts'

/** Arguments for the Node.js of a worker that is to be profiled. */
export const profiledArgv: readonly string[] = ['--import', new URL('named-built-ins.ts', import.meta.url).href]

/**
 * Rounds without the profiler, the workers taking turns, and then one long stretch of each with it. The profiles are in the
 * order of the workers.
 */
export async function profileWorkers(
  workers: readonly WorkerProcess[],
  cell: Cell,
  { rounds, seconds, warmUpSeconds }: Pick<Plan, 'rounds' | 'seconds' | 'warmUpSeconds'>,
  serverPids: readonly number[],
): Promise<SubjectProfile[]> {
  for (const worker of workers) await worker.call('measure', { ...cell, seconds: warmUpSeconds })
  const profiles = workers.map((): SubjectProfile => ({ rounds: [], shares: {} }))
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, worker] of workers.entries()) {
      profiles[index]?.rounds.push(await measureBoth(worker, { ...cell, seconds }, serverPids))
    }
  }
  for (const [index, worker] of workers.entries()) {
    await using _ = await apart(worker.pid, serverPids)
    const shares = await worker.call('profile', { ...cell, seconds: rounds * seconds })
    Object.assign(profiles[index] as SubjectProfile, { shares })
    await worker.call('check', cell)
  }
  return profiles
}

/** The client, and the server while it is at work for it. */
async function measureBoth(
  worker: WorkerProcess,
  stretch: Cell & { seconds: number },
  serverPids: readonly number[],
): Promise<ProfileRound> {
  const before = await cpuSecondsOf(serverPids)
  const measurement = await worker.call('measure', stretch)
  const after = await cpuSecondsOf(serverPids)
  const known = before !== null && after !== null
  return { ...measurement, serverMicroseconds: known ? ((after - before) * 1e6) / measurement.operations : null }
}
