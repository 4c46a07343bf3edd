import type { RowSource, SqlRow } from './dialect.ts'
import type { SqlCall, SqlValue } from './driver.ts'
import type { SqlStatement } from './fragment.ts'
import { type Column, slotOf } from './table.ts'

/** One execution of a statement: over rows of the source, with the other values by name. */
export function call(
  statement: SqlStatement,
  source: RowSource,
  columns: readonly Column[],
  rows: readonly SqlRow[],
  others: Readonly<Record<string, SqlValue>> = {},
): SqlCall {
  const encoded = source.encode(columns, rows)
  return { statement, values: statement.parameters.map((name) => others[name] ?? encoded[name] ?? null) }
}

/** The `now` and `slot` that statements on expiry take. */
export function clock(now: number): { now: number; slot: number } {
  return { now, slot: slotOf(now) }
}
