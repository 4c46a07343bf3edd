import { roomsTable } from '../profile/profile-report.ts'
import { spread } from '../report/comparison.ts'
import { figure, table } from '../report/table.ts'
import { summarize } from '../statistics.ts'
import { type ScaleOperation, type ScaleResult, scaleOperations, scaleVerdicts } from './scale-results.ts'

/** What one backend's scale results say, for a terminal. */
export function scaleReport(result: ScaleResult): string {
  const { backend, server, callers, size, machine, cleanUp, eventLoop } = result
  const found = scaleVerdicts(result)
  return [
    `# ${backend} at scale${server ? `: ${server}` : ''}`,
    `${callers} callers, sessions of ${size} bytes. Absolute figures are of this machine only: ${machine.cores} cores, ${machine.cpu}.`,
    '',
    populationTable(result),
    ...scaleOperations.flatMap((operation) => [
      '',
      `Where the time of a ${operation} goes:`,
      '',
      roomsOf(result, operation),
    ]),
    '',
    `Clean-up of ${cleanUp.expired} expired sessions: ${cleanUp.removed} removed in ${figure(cleanUp.seconds)} s;`,
    `p99 of loads ${figure(cleanUp.p99BeforeMs)} ms before, ${figure(cleanUp.p99WhileMs)} ms while.`,
    '',
    table(
      ['package', 'bytes per session'],
      result.bytesPerSession.map(({ name, bytes }) => [name, figure(bytes)]),
    ),
    '',
    ...(eventLoop
      ? [
          table(
            ['event loop under 256 writers', 'ops/s', 'p99 ms', 'max ms'],
            eventLoop.map(({ name, operationsPerSecond, p99Ms, maxMs }) =>
              [operationsPerSecond, p99Ms, maxMs].map(figure).toSpliced(0, 0, name),
            ),
          ),
          '',
        ]
      : []),
    table(
      ['start-up', 'import ms', 'process ms'],
      result.startUp.map(({ name, importMs, processMs }) => [name, figure(importMs), figure(processMs)]),
    ),
    '',
    `## ${backend} at scale: ${found.filter(({ reached }) => reached).length} of ${found.length} targets reached`,
    '',
    table(
      ['', 'target', 'bound', 'measured'],
      found.map(({ what, bound, measured, reached }) => [
        reached ? 'reached' : 'MISSED',
        what,
        bound,
        spread(measured),
      ]),
      2,
    ),
    '',
  ].join('\n')
}

function populationTable({ populations }: ScaleResult): string {
  const rows = scaleOperations.flatMap((operation) =>
    populations.map(({ sessions, profiles }) => {
      const { rounds } = profiles[operation]
      const middles = (['operationsPerSecond', 'p99Ms'] as const).map((metric) =>
        figure(summarize(rounds.map((round) => round[metric])).median),
      )
      return [operation, String(sessions), ...middles]
    }),
  )
  return table(['', 'live sessions', 'ops/s', 'p99 ms'], rows)
}

/** With the fewest sessions and with the most. */
function roomsOf({ populations }: ScaleResult, operation: ScaleOperation): string {
  const ends = populations.length > 1 ? [populations.at(0), populations.at(-1)] : populations
  return roomsTable(
    ends.flatMap((population) =>
      population ? [[`${population.sessions} sessions`, population.profiles[operation]] as const] : [],
    ),
  )
}
