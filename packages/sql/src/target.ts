import type { RowSource } from './dialect.ts'
import { list, parameter, type SqlFragment, type SqlPart } from './fragment.ts'
import { type Column, incomingColumns, sessionColumns } from './table.ts'

/** A table as statements speak of it. Where the incoming rows of a batch are a FROM item, that is called `s`. */
export interface Target {
  readonly quote: (identifier: string) => string
  /** The quoted name. It never has an alias: not every engine knows that in RETURNING. */
  readonly table: string
  /** A column of the table. */
  readonly stored: (column: string) => string
  /** A column of the incoming row. */
  readonly incoming: (column: string) => SqlPart
  /** The FROM item of incoming rows with these columns. Left out: a statement takes one row, as parameters. */
  readonly rows?: (columns: readonly Column[]) => SqlFragment
}

/** A column and the value that it is set to. */
export type Assignments = readonly (readonly [column: string, value: SqlPart])[]

export interface TargetOptions {
  readonly quote: (identifier: string) => string
  readonly table?: (name: string) => string
  readonly writeRows: RowSource
}

export function target({ quote, table: tableOf = quote, writeRows }: TargetOptions, tableName: string): Target {
  const table = tableOf(tableName)
  const { from } = writeRows
  return {
    quote,
    table,
    stored: (column) => `${table}.${quote(column)}`,
    incoming: from === undefined ? incomingAsParameter(writeRows) : (column) => `s.${quote(column)}`,
    ...(from && { rows: from }),
  }
}

/** The columns of the table, with its name. */
export function storedList({ stored }: Target, columns: readonly Column[]): SqlFragment {
  return list(columns.map(({ name }) => stored(name)))
}

const allColumns: readonly Column[] = [...sessionColumns, ...Object.values(incomingColumns)]

function incomingAsParameter({ incoming }: RowSource): (column: string) => SqlPart {
  if (incoming === undefined) return parameter
  const byName = new Map(allColumns.map((column) => [column.name, incoming(column)]))
  return (column) => byName.get(column) ?? parameter(column)
}
