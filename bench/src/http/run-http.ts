import { randomUUID } from 'node:crypto'
import { eachBackend } from '../each-backend.ts'
import { describeMachine, openStorage, type Storage, versionsOf } from '../environment.ts'
import { keep } from '../report/result-files.ts'
import { type BackendName, backends } from '../subjects/backends.ts'
import { type LoadCalls, type Scenario, type ServerCalls, scenarios } from './messages.ts'
import { HttpProcess } from './process.ts'
import { httpReport } from './report.ts'
import { type HttpCell, type HttpPlan, type HttpResult, type HttpRound, httpMinutes } from './results.ts'
import { type HttpRole, type HttpSubject, httpSubjects } from './stores.ts'

/** `pnpm bench http` */
export async function runHttp(plan: HttpPlan): Promise<void> {
  console.error(`About ${Math.ceil(httpMinutes(plan))} minutes for ${plan.backends.join(', ')}.`)
  await eachBackend(plan.backends, async (backend) => {
    await using storage = await openStorage(backends[backend].server)
    const say = (progress: string) => console.error(`${backend}: ${progress}`)
    const result = await measureHttp(backend, plan, { storage, say })
    console.log(httpReport(result))
    if (result.cells.some(({ subjects }) => Object.values(subjects).some((each) => 'refused' in each))) {
      process.exitCode = 1
    }
    if (plan.isKept) await keep(`http-${backend}`, result)
  })
}

interface Surroundings {
  readonly storage: Pick<Storage, 'url' | 'folder' | 'version'>
  readonly say: (progress: string) => void
  /** More arguments for the Node.js of each process. */
  readonly execArgv?: readonly string[]
}

/** Measures all stores on one engine, which take turns. */
export async function measureHttp(backend: BackendName, plan: HttpPlan, around: Surroundings): Promise<HttpResult> {
  const { storage, say, execArgv } = around
  const subjects = httpSubjects[backend]
  const run = randomUUID().slice(0, 8)
  await using processes = new AsyncDisposableStack()
  const load = processes.use(new HttpProcess<LoadCalls>('load', execArgv))
  const sites = new Map<HttpRole, HttpProcess<ServerCalls>>()
  for (const { role, name } of subjects) {
    say(`${name}: ${plan.sessions} sessions`)
    const server = processes.use(new HttpProcess<ServerCalls>('server', execArgv))
    sites.set(role, server)
    const { url, folder } = storage
    const place = { url, folder, namespace: `http_${role}_${run}` }
    const port = await server.call('open', { backend, role, place })
    await load.call('signIn', { role, port, sessions: plan.sessions })
  }
  const cells: HttpCell[] = []
  for (const scenario of scenarios) {
    say(scenario)
    cells.push({ scenario, subjects: await measureScenario(scenario, { plan, subjects, sites, load }) })
  }
  const { rounds, seconds, connections, sessions } = plan
  return {
    backend,
    date: new Date().toISOString(),
    machine: describeMachine(),
    server: storage.version,
    rounds,
    seconds,
    connections,
    sessions,
    subjects: await Promise.all(
      subjects.map(async ({ role, name, configuration, packages }) => ({
        role,
        name,
        configuration,
        versions: await versionsOf(packages),
      })),
    ),
    cells,
  }
}

interface Contest {
  readonly plan: HttpPlan
  readonly subjects: readonly HttpSubject[]
  readonly sites: ReadonlyMap<HttpRole, HttpProcess<ServerCalls>>
  readonly load: HttpProcess<LoadCalls>
}

async function measureScenario(scenario: Scenario, contest: Contest): Promise<HttpCell['subjects']> {
  const { plan, subjects, sites, load } = contest
  const { connections } = plan
  const results: HttpCell['subjects'] = {}
  const measure = async (role: HttpRole, seconds: number): Promise<HttpRound> => {
    const site = sites.get(role) as HttpProcess<ServerCalls>
    const before = await site.call('cpuSeconds', null)
    const measured = await load.call('measure', { role, scenario, connections, seconds })
    const cpuSeconds = (await site.call('cpuSeconds', null)) - before
    const { requests, p50Ms, p99Ms } = measured
    return {
      requestsPerSecond: requests / measured.seconds,
      p50Ms,
      p99Ms,
      cpuMicroseconds: (cpuSeconds / requests) * 1e6,
    }
  }
  const attempt = async (role: HttpRole, work: () => Promise<void>) => {
    const result = results[role]
    if (result !== undefined && 'refused' in result) return
    await work().catch((error: Error) => {
      results[role] = { refused: error.message }
    })
  }
  for (const { role } of subjects) {
    results[role] = { rounds: [] }
    await attempt(role, async () => void (await measure(role, plan.warmUpSeconds)))
  }
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const { role } of subjects) {
      await attempt(role, async () => {
        const measured = await measure(role, plan.seconds)
        ;(results[role] as { rounds: HttpRound[] }).rounds.push(measured)
      })
    }
  }
  return results
}
