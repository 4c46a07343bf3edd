import { describe, expect, it } from 'vitest'
import { refusals, verdicts } from '../src/results.ts'
import { scaleVerdicts } from '../src/scale/scale-results.ts'
import { targets } from '../src/targets.ts'
import { cell, resultOf, rounds, scaleResult } from './known-results.ts'

describe('verdicts', () => {
  it('a target is reached by the median of the ratios, whatever the single rounds', () => {
    const load = cell({}, { sess: rounds([60, 31, 29], 2), peer: rounds([10, 10, 10], 1) })
    const [throughput, p99] = verdicts(resultOf('redis', [load]))
    expect(throughput).toMatchObject({ target: { operation: 'load', callers: 64, against: 'peer', bound: 3 } })
    expect(throughput?.ratio).toEqual({ median: 3.1, min: 2.9, max: 6 })
    expect(throughput?.reached).toBe(true)
    expect(p99).toMatchObject({ target: { metric: 'p99' }, ratio: { median: 2 }, reached: false })
  })

  it('a median below the bound is a miss', () => {
    const load = cell({}, { sess: rounds([29]), peer: rounds([10]) })
    expect(verdicts(resultOf('redis', [load]))[0]?.reached).toBe(false)
  })

  it('what was not measured, or was refused, has no verdict', () => {
    expect(verdicts(resultOf('redis', [cell({}, { sess: rounds([1]) })]))).toEqual([])
    expect(verdicts(resultOf('redis', [cell({}, { sess: rounds([9]), peer: { refused: 'lost' } })]))).toEqual([])
    expect(verdicts(resultOf('redis', [cell({ callers: 16 }, { sess: rounds([9]), peer: rounds([1]) })]))).toEqual([])
  })

  it('a refusal says who, where and why', () => {
    const result = resultOf('redis', [
      cell({}, { sess: rounds([9]), peer: { refused: 'a stored session was not found' } }),
    ])
    expect(refusals(result)).toMatchObject([{ role: 'peer', reason: 'a stored session was not found' }])
  })

  it('saves on MySQL and MariaDB are held against the plain statement too', () => {
    const bars = (backend: string) =>
      targets.filter((target) => target.backend === backend && target.against === 'raw').map(({ bound }) => bound)
    expect(bars('mysql')).toEqual([1, 4, 6])
    expect(bars('mariadb')).toEqual([1, 4, 6])
    expect(bars('postgres')).toEqual([])
  })

  it('the limit is a bar at 256 callers, where there are statements to share', () => {
    const limits = targets.filter(({ against }) => against === 'batch')
    expect(new Set(limits.map(({ callers, bound }) => `${callers} ${bound}`))).toEqual(new Set(['256 0.6']))
    expect(limits.some(({ backend }) => backend === 'memory')).toBe(false)
    expect(limits).toHaveLength(10)
  })

  it('a store at scale is held against itself with few sessions, and while it is not cleaned', () => {
    expect(scaleVerdicts(scaleResult).map(({ reached }) => reached)).toEqual([true, false, false])
  })
})
