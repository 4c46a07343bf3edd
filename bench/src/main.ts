import { parseCommandLine, usage } from './command-line.ts'
import { eachBackend } from './each-backend.ts'
import { describeRun, openStorage } from './environment.ts'
import { runHttp } from './http/run-http.ts'
import { estimatedMinutes, type Plan } from './plan.ts'
import { runProfile } from './profile/run-profile.ts'
import { comparison } from './report/comparison.ts'
import { keep, keptReports } from './report/result-files.ts'
import { type BackendResult, refusals } from './results.ts'
import { runBackend } from './run-backend.ts'
import { runScale } from './scale/run-scale.ts'
import { type BackendName, backends, subjectsOf } from './subjects/backends.ts'

async function compare(plan: Plan): Promise<void> {
  const minutes = await estimatedMinutes(plan)
  console.error(`About ${minutes < 1 ? 'a minute' : `${Math.ceil(minutes)} minutes`} for ${plan.backends.join(', ')}.`)
  await eachBackend(plan.backends, async (backend) => {
    const result = await compareBackend(backend, plan)
    console.log(comparison(result))
    if (refusals(result).length > 0) process.exitCode = 1
    if (plan.isKept) await keep(backend, result)
  })
}

async function compareBackend(backend: BackendName, plan: Plan): Promise<BackendResult> {
  const definitions = await subjectsOf(backend, plan.subjects)
  await using storage = await openStorage(backends[backend].server)
  const { url, folder } = storage
  const say = (progress: string) => console.error(`${backend}: ${progress}`)
  const cells = await runBackend({ backend, definitions, plan, place: { url, folder }, say })
  return { ...(await describeRun(backend, plan, storage, definitions)), cells }
}

async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2))
  if (command.do === 'help') console.log(usage)
  else if (command.do === 'show') console.log(await keptReports(command.backends))
  else if (command.do === 'http') await runHttp(command.plan)
  else if (command.do === 'scale') await runScale(command.plan)
  else await (command.do === 'profile' ? runProfile : compare)(command.plan)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n\n${usage}` : error)
  process.exitCode = 1
}
