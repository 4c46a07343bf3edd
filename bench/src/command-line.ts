import { parseArgs } from 'node:util'
import { type HttpPlan, usualHttpPlan } from './http/results.ts'
import { operationNames } from './operations.ts'
import { cellsOf, core, fullMatrix, type Matrix, type Plan, profilePlan, usualPlan } from './plan.ts'
import { type BackendName, backendNames } from './subjects/backends.ts'
import { roles } from './subjects/subject.ts'

export const usage = `pnpm bench [http | scale | profile | show] [backend...]

  backend        ${backendNames.join(', ')}; left out: all of them
  http           requests to Express with express-session, beside its most-used stores
  scale          a million sessions, clean-up under load, bytes, start-up
  profile        where the client's time goes, and how much the server needs
  show           prints what was kept of the last whole runs, and measures nothing

  --full         the whole matrix: every operation, size and number of callers
  --quick        a glance: one short round, and no files are written
  --callers      1,64,256
  --operations   ${operationNames.join(',')}
  --sizes        500,8192
  --subjects     ${roles.join(',')}
  --rounds       ${usualPlan.rounds}; for http ${usualHttpPlan.rounds}; for profile ${profilePlan.rounds}
  --seconds      ${usualPlan.seconds} for each round; for http ${usualHttpPlan.seconds}; for profile ${profilePlan.seconds}
  --sessions     ${usualPlan.sessions} of each size; for http ${usualHttpPlan.sessions}; for scale 10000,100000,1000000
  --help

Results go to bench/results, unless --quick or a choice of callers, operations, sizes or subjects makes them partial.`

export type Command =
  | { do: 'help' }
  | { do: 'show'; backends: readonly BackendName[] }
  | { do: 'compare' | 'profile'; plan: Plan }
  | { do: 'http'; plan: HttpPlan }
  | { do: 'scale'; plan: ScalePlan }

export interface ScalePlan {
  backends: readonly BackendName[]
  /** Numbers of live sessions, ascending. */
  populations: readonly number[]
  rounds: number
  seconds: number
  isKept: boolean
}

/** What there is to do beside the comparison. */
const modes = ['http', 'scale', 'profile', 'show'] as const

/** @throws `TypeError` saying what is wrong */
export function parseCommandLine(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      callers: { type: 'string' },
      operations: { type: 'string' },
      sizes: { type: 'string' },
      subjects: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      sessions: { type: 'string' },
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return { do: 'help' }
  const mode = modes.find((name) => name === positionals[0])
  const named = namesIn(positionals.slice(mode ? 1 : 0), 'backend', backendNames)
  const backends = named.length > 0 ? backendNames.filter((name) => named.includes(name)) : backendNames
  if (mode === 'show') return { do: 'show', backends }
  const { quick, full } = values
  const rounds = values.rounds ? countsIn(values.rounds, '--rounds')[0] : undefined
  const seconds = values.seconds === undefined ? undefined : positive(values.seconds, '--seconds')
  const sessions = values.sessions ? countsIn(values.sessions, '--sessions') : undefined

  if (mode === 'http') {
    const plan: HttpPlan = {
      ...usualHttpPlan,
      backends,
      ...(quick && { rounds: 1, seconds: 0.5, warmUpSeconds: 0.5, sessions: 128, isKept: false }),
      ...(rounds && { rounds }),
      ...(seconds && { seconds }),
      ...(sessions?.[0] && { sessions: sessions[0] }),
    }
    if (plan.sessions < plan.connections) {
      throw new TypeError(`--sessions: ${plan.connections} connections need as many`)
    }
    return { do: 'http', plan }
  }

  if (mode === 'scale') {
    const populations = sessions ?? (quick ? [1_000, 10_000] : [10_000, 100_000, 1_000_000])
    const plan: ScalePlan = {
      backends,
      populations: populations.toSorted((one, other) => one - other),
      rounds: rounds ?? (quick ? 1 : usualPlan.rounds),
      seconds: seconds ?? (quick ? 0.3 : 1),
      isKept: !quick && sessions === undefined,
    }
    return { do: 'scale', plan }
  }

  const isNarrowed = [values.callers, values.operations, values.sizes].some((value) => value !== undefined)
  const usual = mode === 'profile' ? profilePlan : usualPlan
  const left = full ? fullMatrix : core
  const matrix: Matrix = {
    operations: values.operations
      ? namesIn(values.operations.split(','), 'operation', operationNames)
      : left.operations,
    sizes: values.sizes ? countsIn(values.sizes, '--sizes') : left.sizes,
    callers: values.callers ? countsIn(values.callers, '--callers') : left.callers,
  }
  const plan: Plan = {
    ...usual,
    backends,
    ...((isNarrowed || full) && { cells: cellsOf(matrix) }),
    ...(values.subjects && { subjects: namesIn(values.subjects.split(','), 'subject', roles) }),
    ...(quick && { rounds: 1, seconds: 0.4, warmUpSeconds: 0.1, sessions: 1024 }),
    ...(rounds && { rounds }),
    ...(seconds && { seconds }),
    ...(sessions?.[0] && { sessions: sessions[0] }),
    isKept: !quick && !isNarrowed && values.subjects === undefined,
  }
  const most = Math.max(...plan.cells.map(({ callers }) => callers))
  if (plan.sessions < most) throw new TypeError(`--sessions: ${most} callers need as many`)
  return { do: mode ?? 'compare', plan }
}

function namesIn<Name extends string>(words: readonly string[], what: string, known: readonly Name[]): Name[] {
  return words.map((word) => {
    const name = known.find((candidate) => candidate === word)
    if (name === undefined) throw new TypeError(`There is no ${what} '${word}'; there are ${known.join(', ')}`)
    return name
  })
}

function countsIn(text: string, option: string): number[] {
  return text.split(',').map((word) => {
    const count = positive(word, option)
    if (!Number.isSafeInteger(count)) throw new TypeError(`${option}: '${word}' is not a whole number`)
    return count
  })
}

function positive(text: string, option: string): number {
  const value = Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new TypeError(`${option}: '${text}' is not a positive number`)
  return value
}
