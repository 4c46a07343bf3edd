import { invalidArgument } from './errors.ts'
import type { Duration } from './method-options.ts'

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const units = Object.keys(unitMs)
const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+$/
const partPattern = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g
/** The longest delay of a timer, in ms. With a longer one, `setTimeout` fires immediately. */
export const longestTimerMs = 2 ** 31 - 1
/** 100 years: far beyond any session, and safely inside what a `Date` and an SQL bigint hold. */
export const maxDurationMs = 100 * 365 * 86_400_000

/**
 * Returns the milliseconds of a duration. A duration is a positive number of ms, or a string of amounts with units, the
 * largest unit first, without spaces or repetition (`'24h'`, `'2h30m'`, `'1.5s'`). A fraction of a millisecond is rounded
 * up, so no duration becomes zero. Messages call the duration `name`.
 * @throws `TypeError` for anything else: zero, negative, not finite, over 100 years, no unit
 */
export function durationMs(value: Duration, name = 'duration'): number {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? partsToMs(value) : Number.NaN
  if (!(ms > 0 && ms <= maxDurationMs)) {
    throw invalidArgument(
      `${name} must be a number of milliseconds or a string such as '24h', '2h30m' or '500ms' (units ${units.join(', ')}), more than zero and at most 100 years`,
      typeof value === 'number' || typeof value === 'string' ? 'value' : 'type',
    )
  }
  return Math.ceil(ms)
}

function partsToMs(text: string): number {
  if (text.length > 64 || !durationPattern.test(text)) return Number.NaN
  let ms = 0
  let smallest = Number.POSITIVE_INFINITY
  for (const [, amount, unit] of text.matchAll(partPattern)) {
    const size = unitMs[unit as string] as number
    if (size >= smallest) return Number.NaN
    smallest = size
    ms += Number(amount) * size
  }
  return ms
}
