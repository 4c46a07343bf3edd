/**
 * Runs a statement over many rows. If it is refused because of what may be a single row, the rows are halved until each row
 * that fails is alone. Any other error is the outcome of all rows of its statement, which is not tried again.
 * @returns for each row, in order, its result or the error with which it failed
 */
export async function isolateFailures<Row, Result>(
  rows: readonly Row[],
  run: (rows: readonly Row[]) => Result[] | Promise<Result[]>,
  isRowFault: (error: unknown) => boolean,
): Promise<(Result | Error)[]> {
  try {
    return await run(rows)
  } catch (error) {
    if (rows.length === 1 || !isRowFault(error)) return rows.map(() => asError(error))
  }
  const middle = Math.ceil(rows.length / 2)
  const first = await isolateFailures(rows.slice(0, middle), run, isRowFault)
  const second = await isolateFailures(rows.slice(middle), run, isRowFault)
  return [...first, ...second]
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error('the driver threw something that is not an Error', { cause: thrown })
}
