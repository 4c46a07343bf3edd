import { type Plan, warmUpsOf } from './plan.ts'
import type { BackendName } from './subjects/backends.ts'
import type { Role, SubjectDefinition } from './subjects/subject.ts'
import { WorkerProcess } from './worker/worker-process.ts'

export interface Run {
  backend: BackendName
  definitions: readonly SubjectDefinition[]
  plan: Plan
  /** Where the sessions are kept; each subject gets a namespace in it. */
  place: { url: string; folder: string }
  say: (progress: string) => void
  /** More arguments for the Node.js of each worker. */
  execArgv?: readonly string[]
}

export interface Contender {
  role: Role
  name: string
  worker: WorkerProcess
}

/** Starts a worker for each subject, with its sessions stored and its operations warm. They end with the stack. */
export async function openContenders(run: Run, workers: AsyncDisposableStack): Promise<Contender[]> {
  const { backend, definitions, plan, place, say, execArgv } = run
  const contenders: Contender[] = []
  for (const { role, name } of definitions) {
    const assignment = { backend, role, place: { ...place, namespace: `bench_${role}` } }
    const worker = workers.use(await WorkerProcess.start(assignment, execArgv))
    contenders.push({ role, name, worker })
    for (const size of new Set(plan.cells.map((cell) => cell.size))) {
      say(`${name}: ${plan.sessions} sessions of ${size} bytes`)
      await worker.call('populate', { size, sessions: plan.sessions })
    }
  }
  for (const { name, worker } of contenders) {
    say(`${name}: warming up`)
    for (const warmUp of warmUpsOf(plan)) {
      // What fails here fails in its cell again.
      if (await worker.call('can', warmUp)) await worker.call('measure', warmUp).catch(() => {})
    }
  }
  return contenders
}
