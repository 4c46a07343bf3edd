import type { SqlValue } from './driver.ts'
import type { LockingForms, SchemaForms, SqlForms } from './forms.ts'
import { parameter, type SqlFragment } from './fragment.ts'
import type { Column, ColumnType } from './table.ts'

/** Rows on their way into a statement: column name to value. */
export type SqlRow = Readonly<Record<string, string | number | null>>

/** How the rows of a batch reach a statement. The statement's text is the same for any number of rows. */
export interface RowSource {
  /**
   * The FROM item with these columns, its alias `s` included, e.g. `unnest(...) as s(...)`.
   * Left out: a statement takes a single row, and the row's columns are its parameters.
   */
  readonly from?: (columns: readonly Column[]) => SqlFragment
  /** How a statement without `from` names the row's value of a column. Left out: the parameter of that name. */
  readonly incoming?: (column: Column) => SqlFragment
  /** The values of the parameters that `from` used. */
  readonly encode: (columns: readonly Column[], rows: readonly SqlRow[]) => Readonly<Record<string, SqlValue>>
}

/** Everything that differs between the engines: data, and the forms of their SQL. The statements are written once, over these. */
export interface SqlDialect {
  readonly quote: (identifier: string) => string
  /** How statements name a table. Left out: quoted, and nothing more. */
  readonly table?: (name: string) => string
  /** The placeholder at a position, counted from 1. */
  readonly placeholder: (position: number) => string
  readonly types: Readonly<Record<ColumnType, string>>
  /** The function that returns the smaller of two arguments. Neither is ever null. */
  readonly least: string
  /** The operator by which null equals null, e.g. `is not distinct from`. */
  readonly same: string
  /** How a batch of keys reaches a SELECT. */
  readonly readRows: RowSource
  /**
   * How rows reach a statement that writes. With a `from`, all writes of one kind are one statement (one transaction,
   * where rows are locked before) and the kinds run at once. With {@link rowAsParameters}, which is for an embedded
   * engine, the writes run one by one in one transaction.
   */
  readonly writeRows: RowSource
  /** How a single row reaches a statement, where a source without `from` is cheaper. Left out: like a batch. */
  readonly oneRow?: RowSource
  /** The forms of the statements. */
  readonly forms: SqlForms
  /** The forms of an engine without RETURNING. Left out: INSERT, UPDATE and DELETE return the rows that they wrote. */
  readonly locking?: LockingForms
  readonly schema: SchemaForms
  /** A SELECT of the server's clock in epoch ms. Left out: this machine's clock is the only one. */
  readonly serverTime?: SqlFragment
  readonly identityPages: IdentityPages
  /** The most rows that one step of a clean-up removes: as many as stay cheap. */
  readonly cleanUpStep: number
  /**
   * Whether a DELETE along an index can miss a row that a rotation moves in it meanwhile. A SELECT, which sees one instant,
   * then looks for rows that were left. Default false.
   */
  readonly deleteMissesMovedRows?: boolean
  /** A SELECT of the names of a table's columns, for the table named by the parameter `table`. */
  readonly columnsOf: SqlFragment
  /** A SELECT of one integer: 0 if this user would see no row of the table named by the parameter `table`, whatever is in it. */
  readonly showsRows?: SqlFragment
}

/**
 * How the sessions of an identity are paged.
 * - `rowId`: by a column of unique integers that never change and that every index ends with
 * - `key`: by the key, where every index ends with it
 * - `creation`: by the time of creation; each page is sorted
 */
export type IdentityPages =
  | { readonly by: 'rowId'; readonly column: string }
  | { readonly by: 'key' }
  | { readonly by: 'creation' }

/** Takes one row at a time: its columns are the statement's parameters. */
export const rowAsParameters: RowSource = {
  encode(_columns, rows) {
    return rows[0] ?? {}
  },
}

/** The parameter that {@link encodeJsonRows} encodes. */
export const jsonRows = parameter('rows')

/** Encodes all rows as one JSON string: an array of arrays, in the order of the columns. */
export const encodeJsonRows: RowSource['encode'] = (columns, rows) => ({
  rows: JSON.stringify(rows.map((row) => columns.map((column) => row[column.name]))),
})
