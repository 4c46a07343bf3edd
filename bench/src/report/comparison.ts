import { type BackendResult, type CellResult, refusals, throughputRatio, type Verdict, verdicts } from '../results.ts'
import { type Summary, summarize } from '../statistics.ts'
import { type Role, roles } from '../subjects/subject.ts'
import { figure, table } from './table.ts'

/** What one backend's results say, for a terminal. */
export function comparison(result: BackendResult): string {
  const { backend, server, rounds, seconds, sessions, subjects, machine } = result
  const groups = Map.groupBy(result.cells, ({ operation, size }) => `${operation}, ${size} bytes`)
  return [
    `# ${backend}${server ? `: ${server}` : ''}`,
    `${rounds} rounds of ${seconds} s each, in turns; ${sessions} sessions of each size. "x peer" is the throughput as a multiple`,
    `of ${nameOf(result, 'peer')}'s, the median of the rounds (lowest to highest). All other figures are of this machine only:`,
    `${machine.cores} cores, ${machine.cpu}, ${machine.memoryGib} GiB, ${machine.platform}, Node ${machine.node}; the server, if any, has the same cores.`,
    '',
    ...subjects.map(({ name, versions, configuration }) => `- ${name} (${versionText(versions)}): ${configuration}`),
    ...[...groups].flatMap(([title, cells]) => ['', `## ${backend}: ${title}`, '', cellTable(result, cells)]),
    ...refusalLines(result),
    ...verdictLines(result),
    '',
  ].join('\n')
}

function cellTable(result: BackendResult, cells: readonly CellResult[]): string {
  const rows = cells.flatMap((cell) =>
    roles.flatMap((role) => {
      const subject = cell.subjects[role]
      if (subject === undefined) return []
      const start = [String(cell.callers), nameOf(result, role)]
      if ('refused' in subject) return [[...start, 'refused']]
      const ratio = throughputRatio(cell, role, 'peer')
      const middle = (metric: keyof (typeof subject.rounds)[number]) =>
        figure(summarize(subject.rounds.map((round) => round[metric])).median)
      return [
        [
          ...start,
          ratio ? spread(ratio) : '-',
          middle('operationsPerSecond'),
          middle('p50Ms'),
          middle('p99Ms'),
          middle('cpuMicroseconds'),
        ],
      ]
    }),
  )
  return table(['callers', 'subject', 'x peer', 'ops/s', 'p50 ms', 'p99 ms', 'CPU µs/op'], rows, 2)
}

function refusalLines(result: BackendResult): string[] {
  const lines = refusals(result).map(
    ({ cell, role, reason }) =>
      `- ${nameOf(result, role)}, ${cell.operation}, ${cell.size} bytes, ${cell.callers} callers: ${reason}`,
  )
  return lines.length > 0 ? ['', `## ${result.backend}: refused, as what was measured is not true`, '', ...lines] : []
}

function verdictLines(result: BackendResult): string[] {
  const found = verdicts(result)
  if (found.length === 0) return []
  const reached = found.filter((verdict) => verdict.reached).length
  const rows = found.map((verdict) => verdictRow(result, verdict))
  const title = `## ${result.backend}: ${reached} of ${found.length} targets reached`
  return ['', title, '', table(['', 'target', 'bound', 'measured'], rows, 2)]
}

function verdictRow(result: BackendResult, { target, ratio, reached }: Verdict): string[] {
  const { operation, callers, against, metric, bound } = target
  const what = `${operation}, ${callers} callers, ${metric} / ${nameOf(result, against)}`
  return [reached ? 'reached' : 'MISSED', what, `${metric === 'p99' ? '<=' : '>='} ${bound}`, spread(ratio)]
}

function nameOf({ subjects }: BackendResult, role: Role): string {
  return subjects.find((subject) => subject.role === role)?.name ?? role
}

export function spread({ median, min, max }: Summary): string {
  return `${figure(median)} (${figure(min)}-${figure(max)})`
}

export function versionText(versions: Record<string, string>): string {
  const texts = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return texts.length > 0 ? texts.join(', ') : 'no package'
}
