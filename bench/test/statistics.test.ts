import { describe, expect, it } from 'vitest'
import { ratioOfRounds, summarize } from '../src/statistics.ts'

describe('statistics', () => {
  it('a summary has the middle round and the outermost ones', () => {
    expect(summarize([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 })
  })

  it('a ratio is taken round by round: a machine that slows down for a round changes nothing', () => {
    expect(ratioOfRounds([20, 2, 20], [10, 1, 10])).toEqual({ median: 2, min: 2, max: 2 })
  })

  it('two subjects that did not run in the same rounds have no ratio', () => {
    expect(() => ratioOfRounds([1, 2], [1])).toThrow(RangeError)
  })
})
