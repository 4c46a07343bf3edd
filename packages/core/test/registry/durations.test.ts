import { describe, expect, test } from 'vitest'
import { durationMs } from '../../src/contract/durations.ts'

describe('a duration', () => {
  test.each([
    [1, 1],
    [86_400_000, 86_400_000],
    ['500ms', 500],
    ['30s', 30_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['2h30m', 9_000_000],
    ['1w2d3h4m5s6ms', 788_645_006],
    ['1.5s', 1_500],
    ['0h5m', 300_000],
    ['5200w', 3_144_960_000_000],
  ])('of %j is %d milliseconds', (duration, ms) => {
    expect(durationMs(duration)).toBe(ms)
  })

  test.each([[0.1], ['0.0001ms'], ['0.0000001s']])('of %j is rounded up, so it never becomes zero', (duration) => {
    expect(durationMs(duration)).toBe(1)
  })
})

describe('what is no duration', () => {
  test.each([
    ['zero', 0],
    ['zero with a unit', '0s'],
    ['a negative number', -1],
    ['a negative string', '-1s'],
    ['infinity', Number.POSITIVE_INFINITY],
    ['not a number', Number.NaN],
    ['more than 100 years', 100 * 365 * 86_400_000 + 1],
    ['more than 100 years in weeks', '99999999w'],
    ['more digits than a number holds', `${'9'.repeat(400)}s`],
    ['a bare number in a string', '3600'],
    ['an empty string', ''],
    ['a unit alone', 'h'],
    ['an unknown unit', '3y'],
    ['a unit in capitals', '24H'],
    ['a unit in words', '24 hours'],
    ['a space between parts', '2h 30m'],
    ['a space around it', ' 24h'],
    ['a line feed after it', '24h\n'],
    ['rising units', '30m2h'],
    ['a unit twice', '1h1h'],
    ['an exponent', '1e3s'],
    ['a fraction without its zero', '.5s'],
    ['a plus', '+1s'],
    ['ISO 8601', 'PT24H'],
    ['a string too long to be meant', `${'0'.repeat(64)}1s`],
  ])('%s is a TypeError', (_, duration) => {
    expect(() => durationMs(duration)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }))
  })

  test.each([[null], [undefined], [true], [[5]], [{}], [10n], [new Date(5)]])(
    '%s is a TypeError of another type',
    (value) => {
      expect(() => durationMs(value as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
    },
  )

  test('is called by its name', () => {
    expect(() => durationMs('soon')).toThrow(/^duration must be a number of milliseconds or a string such as/)
    expect(() => durationMs('soon', 'ttl')).toThrow(/^ttl must be a number of milliseconds or a string such as/)
  })
})
