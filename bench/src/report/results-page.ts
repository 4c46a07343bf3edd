import { type BackendResult, type CellResult, throughputRatio, verdicts } from '../results.ts'
import { type ScaleResult, scaleVerdicts } from '../scale/scale-results.ts'
import { spread } from './comparison.ts'

/** The tables that decide, as a page of Markdown. */
export function resultsPage(comparisons: readonly BackendResult[], scales: readonly ScaleResult[]): string {
  const found = comparisons.flatMap(verdicts)
  const reached = found.filter((verdict) => verdict.reached).length
  return [
    '# Results',
    '',
    'What the last whole runs measured. The commands write this page, the picture and the files beside it, which have one',
    'measurement a line. `pnpm bench show redis` prints the whole report on an engine: every subject, latencies, CPU, targets, where the time goes.',
    '',
    '## Beside the most-used stores: `pnpm bench`',
    '',
    `Throughput of sess as a multiple of that of the store that most people use, the median of the rounds (lowest to highest). ${reached} of ${found.length} targets`,
    'are reached; those of throughput stand behind the figure that they are about.',
    '',
    '| engine | operation | 1 caller | 64 callers | 256 callers |',
    '| --- | --- | --- | --- | --- |',
    ...comparisons.flatMap(comparisonRows),
    '',
    '## At scale: `pnpm bench scale`',
    '',
    '| engine | target | bound | measured | |',
    '| --- | --- | --- | --- | --- |',
    ...scales.flatMap(scaleRows),
    '',
  ].join('\n')
}

function comparisonRows(result: BackendResult): string[] {
  const groups = Map.groupBy(result.cells, ({ operation, size }) => `${operation}, ${size} bytes`)
  return [...groups].map(([title, cells]) => {
    const figures = [1, 64, 256].map((callers) => cellText(result, cells, callers))
    return `| ${[result.backend, title, ...figures].join(' | ')} |`
  })
}

function cellText(result: BackendResult, cells: readonly CellResult[], callers: number): string {
  const cell = cells.find((candidate) => candidate.callers === callers)
  const ratio = cell && throughputRatio(cell, 'sess', 'peer')
  if (!ratio) return ''
  const verdict = verdicts({ ...result, cells: [cell] }).find(
    ({ target }) => target.metric === 'throughput' && target.against === 'peer',
  )
  const target = verdict ? `; ${verdict.reached ? 'reached' : 'MISSED'}: ${verdict.target.bound}` : ''
  return spread(ratio) + target
}

function scaleRows(result: ScaleResult): string[] {
  return scaleVerdicts(result).map(
    ({ what, bound, measured, reached }) =>
      `| ${[result.backend, what, bound, spread(measured), reached ? 'reached' : 'MISSED'].join(' | ')} |`,
  )
}
