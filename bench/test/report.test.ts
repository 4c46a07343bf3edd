import { describe, expect, it } from 'vitest'
import { comparison } from '../src/report/comparison.ts'
import { picture } from '../src/report/picture.ts'
import { resultText } from '../src/report/result-files.ts'
import { resultsPage } from '../src/report/results-page.ts'
import { figure, table } from '../src/report/table.ts'
import { cell, resultOf, rounds, scaleResult } from './known-results.ts'

describe('a table', () => {
  it('aligns names to the left and figures to the right', () => {
    expect(
      table(
        ['who', 'ops/s'],
        [
          ['sess', '1,200'],
          ['it', '9'],
        ],
      ),
    ).toBe(['who   ops/s', '-----------', 'sess  1,200', 'it        9'].join('\n'))
  })

  it('gives three digits and no more', () => {
    expect([123_456, 0.012345, 1].map(figure)).toEqual(['123,000', '0.0123', '1'])
  })
})

describe('a comparison', () => {
  const load = cell({}, { sess: rounds([60, 31, 29]), peer: rounds([10, 10, 10]) })

  it('puts the ratio to the most-used store before the figures of this machine', () => {
    const text = comparison(resultOf('redis', [load]))
    expect(text).toMatch(/^callers +subject +x peer +ops\/s +p50 ms +p99 ms +CPU µs\/op$/m)
    expect(text).toMatch(/^64 +@sess\/redis +3\.1 \(2\.9-6\) +31 /m)
    expect(text).toMatch(/^64 +peer & co +1 \(1-1\) +10 /m)
    expect(text).toContain('of this machine only')
  })

  it('marks each target as reached or missed', () => {
    const text = comparison(resultOf('redis', [load]))
    expect(text).toContain('## redis: 2 of 2 targets reached')
    expect(text).toMatch(/^reached +load, 64 callers, throughput \/ peer & co +>= 3 +3\.1 \(2\.9-6\)$/m)
  })

  it('shows no figures of a subject whose results are refused, but the reason', () => {
    const text = comparison(
      resultOf('redis', [cell({}, { sess: rounds([9]), peer: { refused: 'nothing was stored' } })]),
    )
    expect(text).toMatch(/^64 +peer & co +refused$/m)
    expect(text).toContain('peer & co, load, 500 bytes, 64 callers: nothing was stored')
  })
})

describe('the page of results', () => {
  const load = cell({}, { sess: rounds([60, 31, 29]), peer: rounds([10, 10, 10]) })
  const page = resultsPage([resultOf('redis', [load, cell({ callers: 1 }, { sess: rounds([9]) })])], [scaleResult])

  it('has a row for each operation, and the target behind the figure that it is about', () => {
    expect(page).toContain('| redis | load, 500 bytes |  | 3.1 (2.9-6); reached: 3 |  |')
  })

  it('has a row for each target at scale', () => {
    expect(page.match(/^\| redis \| (load|save), throughput with .* (reached|MISSED) \|$/gm)).toHaveLength(2)
  })
})

describe('the text of a result', () => {
  it('is JSON with one measurement a line, and six digits', () => {
    const text = resultText({
      name: 'a {b} [c]',
      rounds: [
        { p50Ms: 1 / 3, n: 1 },
        { p50Ms: 2, n: 2 },
      ],
      none: [],
    })
    expect(JSON.parse(text)).toEqual({
      name: 'a {b} [c]',
      rounds: [
        { p50Ms: 0.333333, n: 1 },
        { p50Ms: 2, n: 2 },
      ],
      none: [],
    })
    expect(text.match(/^ *\{"p50Ms": .*\},?$/gm)).toHaveLength(2)
  })
})

describe('the picture', () => {
  const cells = [1, 64, 256].flatMap((callers) => [
    cell({ callers }, { sess: rounds([callers]), peer: rounds([2]) }),
    cell({ callers, operation: 'save' }, { sess: rounds([callers]), peer: rounds([4]) }),
  ])
  const svg = picture([resultOf('redis', cells)])

  it('is well-formed XML: each element is closed in turn, and text is escaped', () => {
    const open: string[] = []
    for (const [, end, name, attributes = ''] of svg.matchAll(/<(\/?)([a-z]+)((?:\s+[a-zA-Z-]+="[^"<&]*")*)\s*\/?>/g)) {
      if (end) expect(open.pop()).toBe(name)
      else if (!svg.includes(`<${name}${attributes}/>`)) open.push(name as string)
    }
    expect(open).toEqual([])
    expect(svg.replace(/<[^<>]+>/g, '')).not.toMatch(/[<>]|&(?!#\d+;)/)
  })

  it('has a bar for load and save at each number of callers, and numbers beside them', () => {
    expect(svg.match(/<rect [^>]*height="9"/g)).toHaveLength(6)
    expect(svg).toContain('>0.5×</text>')
    expect(svg).toContain('>128×</text>')
    expect(svg).toContain('peer &#38; co = 1')
  })

  it('leaves out engines of which there are no results', () => {
    expect(svg).not.toContain('>sqlite<')
  })
})
