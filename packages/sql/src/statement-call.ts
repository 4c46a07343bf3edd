import type { RowSource, SqlRow } from './dialect.ts'
import type { SqlCall, SqlValue } from './driver.ts'
import type { SqlStatement } from './fragment.ts'
import { type Column, slotOf } from './table.ts'

/** Makes a call of a statement. `rows` are encoded by the source; `others` are further values by name. */
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

/** The parameters of statements on expiry. */
export function clock(now: number): { now: number; slot: number } {
  return { now, slot: slotOf(now) }
}
