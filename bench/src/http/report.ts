import { spread, versionText } from '../report/comparison.ts'
import { figure, table } from '../report/table.ts'
import { summarize } from '../statistics.ts'
import type { Scenario } from './messages.ts'
import { type HttpCell, type HttpResult, type HttpRound, httpRatio, httpTargets } from './results.ts'
import { httpRoles } from './stores.ts'

const titles: Readonly<Record<Scenario, string>> = {
  change: 'a request reads its session and changes it',
  read: 'a request only reads its session',
}

/** What was measured over HTTP on one engine, for a terminal. */
export function httpReport(result: HttpResult): string {
  const { backend, server, rounds, seconds, connections, sessions, subjects, machine } = result
  return [
    `# ${backend} over HTTP${server ? `: ${server}` : ''}`,
    `Express 5 and express-session; ${connections} connections from a process of its own, ${sessions} sessions each; ${rounds} rounds of`,
    `${seconds} s each, in turns. "x peer" is the requests a second as a multiple of the peer's, the median of the rounds (lowest to`,
    `highest). CPU is that of the application's process. ${machine.cores} cores, ${machine.cpu}, ${machine.memoryGib} GiB, Node ${machine.node};`,
    'the load generator and the server, if any, have the same cores.',
    '',
    ...subjects.map(
      ({ role, name, versions, configuration }) =>
        `- ${role === 'peer' ? 'the peer: ' : ''}${name} (${versionText(versions)}): ${configuration}`,
    ),
    ...result.cells.flatMap((cell) => ['', `## ${backend}: ${titles[cell.scenario]}`, '', cellTable(result, cell)]),
    ...refusals(result),
    '',
  ].join('\n')
}

function cellTable({ backend, subjects }: HttpResult, cell: HttpCell): string {
  const rows = httpRoles.flatMap((role) => {
    const subject = cell.subjects[role]
    const name = subjects.find((each) => each.role === role)?.name ?? role
    if (subject === undefined) return []
    if ('refused' in subject) return [[name, 'refused']]
    const ratio = httpRatio(cell, role)
    const bound = httpTargets[backend]
    const isSess = role === 'sess' || role === 'each'
    const target = ratio && isSess ? `${ratio.median >= bound ? 'reached' : 'MISSED'}: ${bound}` : ''
    const middle = (metric: keyof HttpRound) => figure(summarize(subject.rounds.map((round) => round[metric])).median)
    const figures = (['requestsPerSecond', 'p50Ms', 'p99Ms', 'cpuMicroseconds'] as const).map(middle)
    return [[name, ratio ? spread(ratio) : '-', target, ...figures]]
  })
  return table(['store', 'x peer', 'target', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs/request'], rows)
}

function refusals({ backend, cells }: HttpResult): string[] {
  const lines = cells.flatMap(({ scenario, subjects }) =>
    Object.entries(subjects).flatMap(([role, subject]) =>
      'refused' in subject ? [`- ${role}, ${scenario}: ${subject.refused}`] : [],
    ),
  )
  return lines.length > 0 ? ['', `## ${backend}: refused, as what was measured is not true`, '', ...lines] : []
}
