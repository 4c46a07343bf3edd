/** A table of text; the first column is aligned to the left, the others to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], leftColumns = 1): string {
  const lines = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const [first = '', ...others] = lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column < leftColumns ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
  return [first, '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...others].join('\n')
}

/** Three significant digits, with the thousands apart. */
export function figure(value: number): string {
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format(value)
}
