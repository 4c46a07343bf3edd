/**
 * Returns the candidate that a misspelt name most likely means; undefined where none is near. It ignores case, `_` and `-`,
 * and allows one slip for every three letters. A slip is a letter that is missing, added, wrong or swapped with its
 * neighbour.
 */
export function closestName(name: string, candidates: readonly string[]): string | undefined {
  const plain = fold(name)
  let best: string | undefined
  let bestSlips = Math.max(1, Math.floor(plain.length / 3)) + 1
  for (const candidate of candidates) {
    const slips = slipsBetween(plain, fold(candidate))
    if (slips < bestSlips) [best, bestSlips] = [candidate, slips]
  }
  return best
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

/** The Damerau-Levenshtein distance in its restricted form: no letter is moved twice. */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
