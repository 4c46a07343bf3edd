import { figure, table } from '../report/table.ts'
import { summarize } from '../statistics.ts'
import type { ProfiledCell, ProfileResult, ProfileRound, SubjectProfile } from './profile-results.ts'

/** Rooms that are smaller than this with every subject are one row. */
const leastShare = 0.01
const small = 'small ones together'

/** Where the time goes on one backend, for a terminal. */
export function profileReport(result: ProfileResult): string {
  const { backend, server, rounds, seconds, machine, cells } = result
  return [
    `# ${backend}, where the time goes${server ? `: ${server}` : ''}`,
    `Microseconds of CPU for one operation, and the part of the main thread's; medians of ${rounds} rounds of ${seconds} s without the`,
    'profiler, divided by the shares of a profile taken after them. Cores: how many were at work; a main thread has one at the most.',
    `${machine.cores} cores, ${machine.cpu}, Node ${machine.node}; the server, if any, has the same cores.`,
    ...cells.flatMap((cell) => [
      '',
      `## ${backend}: ${cell.operation}, ${cell.size} bytes, ${cell.callers} callers`,
      '',
      roomsTable(columnsOf(result, cell)),
    ]),
    ...(cells.some(lacksServer) && server
      ? ['', 'The CPU time of the server is not known: it was not started here, or this is not Linux.']
      : []),
    '',
  ].join('\n')
}

function columnsOf({ subjects }: ProfileResult, cell: ProfiledCell): [name: string, profile: SubjectProfile][] {
  return subjects.flatMap(({ role, name }): [string, SubjectProfile][] => {
    const profile = cell.subjects[role]
    return profile ? [[name, profile]] : []
  })
}

/** The rooms of several profiles beside each other. */
export function roomsTable(named: readonly (readonly [name: string, profile: SubjectProfile])[]): string {
  const columns = named.map(([name, profile]) => ({ name, ...profile, ...middlesOf(profile) }))
  const row = (name: string, pick: (column: (typeof columns)[number]) => number | null) => [
    name,
    ...columns.flatMap((column) => [textOf(pick(column)), '']),
  ]
  const rooms = foldSmall(columns.map(({ shares }) => shares))
  const rows = rooms.map(([room, shares]) => [
    room,
    ...columns.flatMap(({ mainThread }, index) => {
      const share = shares[index] ?? 0
      return share > 0 ? [figure(share * mainThread), `${(share * 100).toFixed(1)}%`] : ['', '']
    }),
  ])
  return table(
    ['', ...columns.flatMap(({ name }) => [name, ''])],
    [
      ...rows,
      row('= main thread', ({ mainThread }) => mainThread),
      row('+ its other threads', ({ client, mainThread }) => client - mainThread),
      row('= client', ({ client }) => client),
      row('server', ({ server }) => server),
      row('operations per second', ({ rate }) => rate),
      row('cores: main thread', ({ mainThread, rate }) => (mainThread * rate) / 1e6),
      row('cores: client', ({ client, rate }) => (client * rate) / 1e6),
      row('cores: server', ({ server, rate }) => (server === null ? null : (server * rate) / 1e6)),
    ],
  )
}

/** Each room with its share for each of the subjects, the greatest first. */
export function foldSmall(all: readonly Readonly<Record<string, number>>[]): [room: string, shares: number[]][] {
  const rooms = [...new Set(all.flatMap(Object.keys))]
  const rows = rooms.map((room): [string, number[]] => [room, all.map((shares) => shares[room] ?? 0)])
  const [few = [], many = []] = [false, true].map((isLarge) =>
    rows.filter(([, shares]) => Math.max(...shares) >= leastShare === isLarge),
  )
  const together = all.map((_, index) => few.reduce((sum, [, shares]) => sum + (shares[index] ?? 0), 0))
  const sorted = many.toSorted(([, one], [, other]) => Math.max(...other) - Math.max(...one))
  return few.length > 0 ? [...sorted, [small, together]] : sorted
}

function middlesOf({ rounds }: SubjectProfile) {
  const middle = (pick: (round: ProfileRound) => number) => summarize(rounds.map(pick)).median
  const isServerKnown = rounds.every(({ serverMicroseconds }) => serverMicroseconds !== null)
  return {
    mainThread: middle(({ mainThreadMicroseconds }) => mainThreadMicroseconds),
    client: middle(({ cpuMicroseconds }) => cpuMicroseconds),
    server: isServerKnown ? middle(({ serverMicroseconds }) => serverMicroseconds ?? 0) : null,
    rate: middle(({ operationsPerSecond }) => operationsPerSecond),
  }
}

function lacksServer({ subjects }: ProfiledCell): boolean {
  return Object.values(subjects).some(({ rounds }) =>
    rounds.some(({ serverMicroseconds }) => serverMicroseconds === null),
  )
}

function textOf(value: number | null): string {
  return value === null ? '-' : figure(value)
}
