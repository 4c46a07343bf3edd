import { type BackendResult, throughputRatio } from '../results.ts'
import { backendNames } from '../subjects/backends.ts'

/** What the bars are of. */
const series = [
  { operation: 'load', colour: '#3b82f6' },
  { operation: 'save', colour: '#d97706' },
] as const
const callerCounts = [1, 64, 256]
const size = 500

const width = 760
const left = 190
const right = 70
const barHeight = 11
const groupGap = 14
const top = 64
/** Grey that is read on white and on black. */
const ink = '#7d8590'

interface Bar {
  operation: (typeof series)[number]['operation']
  callers: number
  ratio: number
}

/** An SVG of sess's throughput as a multiple of the most-used store's, on a logarithmic scale. */
export function picture(results: readonly BackendResult[]): string {
  const groups = backendNames.flatMap((backend) => {
    const result = results.find((candidate) => candidate.backend === backend)
    const bars = result ? barsOf(result) : []
    const peer = result?.subjects.find(({ role }) => role === 'peer')?.name ?? ''
    return bars.length > 0 ? [{ backend, peer, bars }] : []
  })
  const ratios = groups.flatMap(({ bars }) => bars.map(({ ratio }) => ratio))
  const scale = scaleOf(ratios)
  let y = top
  const drawn = groups.map(({ backend, peer, bars }) => {
    const group = drawGroup(y, backend, peer, bars, scale)
    y += bars.length * barHeight + groupGap
    return group
  })
  const height = y + 24
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"`,
    ` font-family="system-ui, sans-serif" font-size="11" fill="${ink}">`,
    '<title>Throughput of sess as a multiple of the most-used session store on the same engine</title>',
    `<text x="${left}" y="18" font-size="13" font-weight="600">Throughput as a multiple of the most-used store's</text>`,
    ...series.map(({ operation, colour }, index) => {
      const x = left + index * 70
      return `<rect x="${x}" y="30" width="10" height="10" fill="${colour}"/><text x="${x + 15}" y="39">${operation}</text>`
    }),
    `<text x="${left + 140}" y="39">${size}-byte sessions, by number of callers</text>`,
    ...scale.ticks.map((tick) => drawTick(tick, scale.x(tick), height)),
    ...drawn,
    '</svg>\n',
  ].join('\n')
}

function barsOf({ cells }: BackendResult): Bar[] {
  return series.flatMap(({ operation }) =>
    callerCounts.flatMap((callers) => {
      const cell = cells.find((c) => c.operation === operation && c.size === size && c.callers === callers)
      const ratio = cell && throughputRatio(cell, 'sess', 'peer')
      return ratio ? [{ operation, callers, ratio: ratio.median }] : []
    }),
  )
}

interface Scale {
  x: (ratio: number) => number
  ticks: number[]
}

function scaleOf(ratios: readonly number[]): Scale {
  const low = Math.min(0.5, ...ratios)
  const high = Math.max(10, ...ratios) * 1.15
  const unit = (width - left - right) / Math.log(high / low)
  const ticks = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].filter((tick) => tick >= low && tick <= high)
  return { x: (ratio) => left + Math.log(ratio / low) * unit, ticks }
}

function drawTick(tick: number, x: number, height: number): string {
  const line = `stroke="${ink}" stroke-opacity="${tick === 1 ? 0.9 : 0.25}"`
  return (
    `<line x1="${px(x)}" x2="${px(x)}" y1="${top - 8}" y2="${height - 22}" ${line}/>` +
    `<text x="${px(x)}" y="${height - 8}" text-anchor="middle">${tick}×</text>`
  )
}

/** Bars start at 1: to the right sess is faster, to the left it is slower. */
function drawGroup(y: number, backend: string, peer: string, bars: readonly Bar[], { x }: Scale): string {
  const middle = y + (bars.length * barHeight) / 2
  const names =
    `<text x="8" y="${px(middle)}" font-weight="600">${escaped(backend)}</text>` +
    `<text x="8" y="${px(middle + 13)}" font-size="9">${escaped(peer)} = 1</text>`
  const drawn = bars.map(({ operation, callers, ratio }, index) => {
    const colour = series.find((candidate) => candidate.operation === operation)?.colour
    const at = y + index * barHeight
    const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))]
    return (
      `<text x="${left - 8}" y="${at + 9}" text-anchor="end" font-size="9">${callers}</text>` +
      `<rect x="${px(from)}" y="${at + 1}" width="${px(Math.max(1, to - from))}" height="${barHeight - 2}" fill="${colour}"/>` +
      `<text x="${px(to + 5)}" y="${at + 9}" font-size="9">${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)}×</text>`
    )
  })
  return [names, ...drawn].join('\n')
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
