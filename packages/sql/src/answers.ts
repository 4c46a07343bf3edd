import { SessionError } from '@sess/core'
import type { SqlCall, SqlResult } from './driver.ts'

/** The error for an answer that contradicts itself. A caller must take it neither for "no such row" nor for "row refused". */
export function contradiction(what: string): SessionError {
  return new SessionError('SESS_UNAVAILABLE', `the database's answer contradicts itself: ${what}`)
}

/** Returns the answer once it has been checked: a driver may lose rows, or leave holes in their place. @throws `SESS_UNAVAILABLE` */
export function checkedResult({ statement }: SqlCall, result: SqlResult): SqlResult {
  const { rows, affected } = result
  if (!Number.isSafeInteger(affected) || affected < 0) throw contradiction('its count is no number')
  if (!statement.returnsRows) return result
  if (rows.length !== affected) throw contradiction(`${rows.length} rows came, and ${affected} were announced`)
  for (let index = 0; index < rows.length; index += 1) {
    if (!Array.isArray(rows[index])) throw contradiction('a row is missing')
  }
  return result
}

/** Maps each row by its first column, the key. @throws `SESS_UNAVAILABLE` for a key that was not asked for or comes twice */
export function byKey<T>(
  asked: readonly string[],
  rows: readonly (readonly unknown[])[],
  decode: (row: readonly unknown[]) => T,
): Map<string, T> {
  const found = new Map<string, T>()
  const [only] = rows
  if (only === undefined) return found
  if (asked.length === 1 && rows.length === 1 && asked[0] === textOf(only[0])) {
    return found.set(asked[0], decode(only))
  }
  for (const row of rows) found.set(textOf(row[0]), decode(row))
  if (found.size !== rows.length) throw contradiction('a row came twice')
  let known = 0
  for (const key of asked) if (found.has(key)) known += 1
  if (known !== found.size) throw contradiction('a row came that was not asked for')
  return found
}

/** Reads a string. @throws `SESS_UNAVAILABLE` for null */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) throw contradiction('a column is missing')
  return String(value)
}

/** Reads an integer. @throws `SESS_UNAVAILABLE` for null, and for text that is no number */
export function integerOf(value: unknown): number {
  const integer = typeof value === 'number' ? value : Number(textOf(value))
  if (Number.isNaN(integer)) throw contradiction('a number is none')
  return integer
}

/** Reads the integer of an answer with one row and one column. @throws `SESS_UNAVAILABLE` for any other answer */
export function onlyInteger({ rows }: SqlResult): number {
  if (rows.length !== 1) throw contradiction(`${rows.length} rows came for a number`)
  return integerOf(rows[0]?.[0])
}
