import type { SqlValue } from './driver.ts'
import { parameter, type SqlFragment } from './fragment.ts'
import type { Column, ColumnType } from './table.ts'

/** Rows on their way into a statement: column name to value. */
export type SqlRow = Readonly<Record<string, string | number | null>>

/** How the rows of a batch reach a statement whose text does not depend on how many they are. */
export interface RowSource {
  /**
   * The FROM item with these columns, its alias `s` included, e.g. `unnest(...) as s(...)`.
   * Left out: a statement takes a single row, and the row's columns are its parameters.
   */
  readonly from?: (columns: readonly Column[]) => SqlFragment
  /** How a statement without `from` names the row's value of a column. Left out: the parameter of that name. */
  readonly given?: (column: Column) => SqlFragment
  /** The values of the parameters that `from` used. */
  readonly encode: (columns: readonly Column[], rows: readonly SqlRow[]) => Readonly<Record<string, SqlValue>>
}

/** What differs between the engines. All of it is data for the statements, which are written once. */
export interface SqlDialect {
  readonly quote: (identifier: string) => string
  /** How statements name a table; left out: quoted, and nothing more. */
  readonly table?: (name: string) => string
  /** The placeholder at a position, counted from 1. */
  readonly placeholder: (position: number) => string
  readonly types: Readonly<Record<ColumnType, string>>
  /** The function of two arguments that gives the smaller; neither is ever null. */
  readonly least: string
  /** How a batch of keys reaches a SELECT. */
  readonly readRows: RowSource
  /**
   * How rows reach a statement that writes. With a `from`, all writes of one kind are one statement (one transaction,
   * where rows are locked before) and the kinds run at once. With {@link rowAsParameters}, which is for an embedded
   * engine, the writes run one by one in one transaction.
   */
  readonly writeRows: RowSource
  /** How a batch of one comes, where a source without `from` is cheaper for that. Left out: like any other. */
  readonly oneRow?: RowSource
  /**
   * Whether INSERT, UPDATE and DELETE have RETURNING, and UPDATE a FROM. Otherwise the answer to a write has what was given
   * to LAST_INSERT_ID, which tells what became of a single row, and several rows are looked at under locks before.
   */
  readonly returning: boolean
  readonly upsert: 'on conflict' | 'on duplicate key'
  /** `DELETE t FROM s JOIN t ON ...`, or `DELETE FROM t WHERE key IN (...)`, or `... key = ANY (ARRAY (...))`. */
  readonly deleteForm: 'join' | 'in' | 'any'
  /** `SELECT ... FROM s JOIN t ON ...`, or `SELECT ... FROM t WHERE key = ANY (ARRAY (...))`. Left out: the join. */
  readonly selectForm?: 'join' | 'any'
  /**
   * What joins incoming rows with the table, and what follows the table's name: for an engine that must be told to go by
   * the primary key, as it would scan (and so lock) a table that it takes for a small one. Left out: `join`, and nothing.
   */
  readonly keyJoin?: { readonly join: string; readonly hint: string }
  /** What a SELECT ends with so that all of its rows come, where a connection may have a limit of its own. Left out: nothing. */
  readonly allRows?: string
  /** A SELECT of the server's clock in epoch ms. Left out: this machine's clock is the only one. */
  readonly serverTime?: SqlFragment
  /** An integer that every row has, unique and never changed, and that each index ends with. Left out: there is none. */
  readonly rowId?: string
  /**
   * By what the sessions of an identity come in pages: by `rowId`, by `key` where an index ends with it, or else by their
   * `creation`, sorted for each page.
   */
  readonly identityPages: 'rowId' | 'key' | 'creation'
  /** What follows a table's name in a SELECT that must go by this index. Left out: nothing, the planner sees it. */
  readonly forceIndex?: (index: string) => string
  /** What finds a row at once while its transaction has it locked. Left out: the key. */
  readonly rowAddress?: string
  /** The most rows that one step of a clean-up removes: as many as stay cheap. */
  readonly cleanUpStep: number
  /** What a SELECT ends with that locks its rows; empty where a transaction locks everything anyway. */
  readonly forUpdate: string
  /**
   * Whether an UPDATE or DELETE can lock its rows by a CTE before, in the order of their keys: it is made to once this
   * process has lost to a deadlock, as the order in which it locks them by itself is the planner's choice. Default false.
   */
  readonly canLockInOrder?: boolean
  /**
   * True where a DELETE that goes by an index passes by a row that moves in it meanwhile: whose primary key a rotation
   * changes. A SELECT, which sees one instant, then tells whether one was left. Left out: false.
   */
  readonly deleteMissesMovedRows?: boolean
  /** What the clean-up's SELECT ends with; empty where there is no SKIP LOCKED. */
  readonly skipLocked: string
  /**
   * True where an UPDATE rewrites the entry of every index whose column it names, though the value stays the same. Then
   * a statement that names none is tried first. Only together with {@link rowAsParameters}.
   */
  readonly rewritesIndexes: boolean
  /** A SELECT of the names of a table's columns, for the table named by the parameter `table`. */
  readonly columnsOf: SqlFragment
  readonly ddl: {
    /** `'inline'`: indexes stand in CREATE TABLE, as there is no CREATE INDEX IF NOT EXISTS. */
    readonly indexes: 'inline' | 'separate'
    readonly partialIndexes: boolean
    /** What follows the closing parenthesis of CREATE TABLE. */
    readonly tableSuffix: string
  }
}

/** A source of one row at a time: its columns are the statement's parameters. */
export const rowAsParameters: RowSource = {
  encode(_columns, rows) {
    return rows[0] ?? {}
  },
}

/** The parameter in which {@link encodeJsonRows} puts its text. */
export const jsonRows = parameter('rows')

/** All rows as one JSON text: an array of arrays, in the order of the columns. */
export const encodeJsonRows: RowSource['encode'] = (columns, rows) => ({
  rows: JSON.stringify(rows.map((row) => columns.map((column) => row[column.name]))),
})
