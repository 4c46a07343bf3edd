import { max, median, min } from 'simple-statistics'

/** The rounds of one figure: what is in the middle, and how far apart they were. */
export interface Summary {
  median: number
  min: number
  max: number
}

export function summarize(values: readonly number[]): Summary {
  const list = [...values]
  return { median: median(list), min: min(list), max: max(list) }
}

/** The ratio of one to the other round by round, so that what slowed a whole round is in neither. */
export function ratioOfRounds(ones: readonly number[], others: readonly number[]): Summary {
  if (ones.length !== others.length) throw new RangeError('Both must have run in the same rounds')
  return summarize(ones.map((one, round) => one / (others[round] as number)))
}
