import type { ScalePlan } from '../command-line.ts'
import { eachBackend } from '../each-backend.ts'
import { describeMachine, openStorage, type Storage } from '../environment.ts'
import { usualPlan, usualSize } from '../plan.ts'
import type { SubjectProfile } from '../profile/profile-results.ts'
import { profiledArgv, profileWorkers } from '../profile/profile-workers.ts'
import { keep } from '../report/result-files.ts'
import { type BackendName, backends, subjectsOf } from '../subjects/backends.ts'
import type { SubjectDefinition } from '../subjects/subject.ts'
import { WorkerProcess } from '../worker/worker-process.ts'
import { scaleReport } from './scale-report.ts'
import type { ScaleOperation, ScaleResult } from './scale-results.ts'
import { measureStartUp } from './start-up.ts'

const callers = 64
const size = usualSize
/** Writers at the same moment, while the event loop is watched. */
const writers = 256
/**
 * How many of the sessions are met again, at the most. A list of a million would make the garbage collector of the benchmark's
 * process what is measured: with Redis a load took the client 25 µs for 16, and its p99 was 40 ms for 6.
 */
const remembered = 50_000
/** How many sessions tell what one takes at rest: engines give out room in large pieces. */
const sessionsAtRest = 30_000

export async function runScale(plan: ScalePlan): Promise<void> {
  console.error(`About ${Math.ceil((plan.backends.length * Math.max(...plan.populations)) / 350_000)} minutes.`)
  await eachBackend(plan.backends, async (backend) => {
    const result = await scaleOf(backend, plan)
    console.log(scaleReport(result))
    if (plan.isKept) await keep(`scale-${backend}`, result)
  })
}

interface Scene {
  backend: BackendName
  plan: ScalePlan
  storage: Storage
  definitions: readonly SubjectDefinition[]
}

async function scaleOf(backend: BackendName, plan: ScalePlan): Promise<ScaleResult> {
  const definitions = await subjectsOf(backend, ['sess', 'peer'])
  const { server, scaleArgs } = backends[backend]
  await using storage = await openStorage(server, scaleArgs)
  const scene: Scene = { backend, plan, storage, definitions }
  const startUp = await measureStartUp(['@sess/core', ...definitions.flatMap(({ packages }) => packages.slice(0, 1))])
  const bytesPerSession = await bytesAtRest(scene)
  const eventLoop = backend === 'sqlite' ? await eventLoopDelays(scene) : null
  const { populations, cleanUp } = await grow(scene)
  return {
    backend,
    date: new Date().toISOString(),
    machine: describeMachine(),
    server: storage.version,
    callers,
    size,
    populations,
    cleanUp,
    bytesPerSession,
    eventLoop,
    startUp,
  }
}

async function bytesAtRest(scene: Scene): Promise<ScaleResult['bytesPerSession']> {
  const results: ScaleResult['bytesPerSession'] = []
  for (const definition of scene.definitions) {
    say(scene, `bytes at rest of ${definition.name}`)
    await using worker = await startWorker(scene, definition, 'bytes')
    // What the first session brings with it is not part of the others.
    await worker.call('populate', { size, sessions: 1, remembered: 0 })
    const before = await worker.call('bytesAtRest', undefined)
    await worker.call('populate', { size, sessions: sessionsAtRest, remembered: 0 })
    const after = await worker.call('bytesAtRest', undefined)
    results.push({ name: definition.name, bytes: (after - before) / sessionsAtRest })
  }
  return results
}

async function eventLoopDelays(scene: Scene): Promise<NonNullable<ScaleResult['eventLoop']>> {
  const results: NonNullable<ScaleResult['eventLoop']> = []
  const cell = { operation: 'save', size, callers: writers } as const
  for (const definition of scene.definitions) {
    say(scene, `the event loop under ${writers} writers on ${definition.name}`)
    await using worker = await startWorker(scene, definition, 'delay')
    await worker.call('populate', { size, sessions: usualPlan.sessions })
    await worker.call('measure', { ...cell, seconds: scene.plan.seconds / 4 })
    const delay = await worker.call('eventLoopDelay', { ...cell, seconds: 2 * scene.plan.seconds })
    await worker.call('check', cell)
    results.push({ name: definition.name, ...delay })
  }
  return results
}

/** Stores with few and with many sessions take turns; then the fullest one is cleaned. */
async function grow(scene: Scene): Promise<Pick<ScaleResult, 'populations' | 'cleanUp'>> {
  const { plan, storage, definitions } = scene
  const sess = definitions.find(({ role }) => role === 'sess') as SubjectDefinition
  await using workers = new AsyncDisposableStack()
  const stores: WorkerProcess[] = []
  for (const sessions of plan.populations) {
    say(scene, `${sessions} sessions`)
    const worker = workers.use(await startWorker(scene, sess, `scale_${sessions}`, profiledArgv))
    await worker.call('populate', { size, sessions, remembered })
    stores.push(worker)
  }
  const profile = (operation: ScaleOperation) => {
    say(scene, operation)
    const lengths = { ...plan, warmUpSeconds: plan.seconds / 2 }
    return profileWorkers(stores, { operation, size, callers }, lengths, storage.pids)
  }
  const profiles = { load: await profile('load'), save: await profile('save') }
  const populations = plan.populations.map((sessions, index) => ({
    sessions,
    profiles: { load: profiles.load[index] as SubjectProfile, save: profiles.save[index] as SubjectProfile },
  }))
  const expired = Math.ceil(Math.max(...plan.populations) / 10)
  say(scene, `${expired} expire, and are removed`)
  const largest = stores.at(-1) as WorkerProcess
  const cleanUp = await largest.call('cleanUp', { expired, size, callers, seconds: 2 * plan.seconds })
  return { populations, cleanUp: { ...cleanUp, expired } }
}

function startWorker(
  { backend, storage: { url, folder } }: Scene,
  { role }: SubjectDefinition,
  name: string,
  execArgv: readonly string[] = [],
): Promise<WorkerProcess> {
  return WorkerProcess.start({ backend, role, place: { url, folder, namespace: `${name}_${role}` } }, execArgv)
}

function say({ backend }: Scene, progress: string): void {
  console.error(`${backend}: ${progress}`)
}
