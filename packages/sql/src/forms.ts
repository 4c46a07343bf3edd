import type { SqlFragment, SqlPart } from './fragment.ts'
import type { Column } from './table.ts'
import type { Assignments, Target } from './target.ts'

/** The rows of a statement. */
export interface Rows {
  /** A FROM item called `s` that has the `key` of each row. Left out: the statement takes one key, the parameter `key`. */
  readonly keys?: SqlFragment | undefined
  /** A further condition. */
  readonly where?: SqlFragment | undefined
}

export interface Select extends Pick<Rows, 'keys'> {
  readonly columns: readonly Column[]
}

export interface Delete extends Rows {
  /** The columns of the removed rows that the statement returns. */
  readonly returning?: readonly Column[]
}

export interface Write {
  /** The columns of the incoming rows. */
  readonly columns: readonly Column[]
  readonly assignments: Assignments
  /** The columns of the written rows that the statement returns. */
  readonly returning?: readonly Column[]
}

export interface Upsert extends Write {
  /** A stored row is written over only where this holds. Left out: always. */
  readonly onlyWhere?: SqlFragment | undefined
}

export interface Update extends Write {
  readonly where: SqlFragment
}

/** The first rows of an order. */
export interface First {
  readonly columns: SqlPart
  readonly where: SqlFragment
  /** Left out: any rows. */
  readonly orderBy?: SqlPart
  readonly limit: SqlPart
  /** How many rows before them are left out. */
  readonly offset?: SqlPart
  /** The name of the index that the engine should go by. */
  readonly index?: string
  /** Whether to lock the rows and to leave out those that somebody else has locked, if the engine can. */
  readonly skipLocked?: boolean
}

export interface DeleteFirst {
  /** Which rows. */
  readonly first: Omit<First, 'columns'>
  /** Checked again on each row when it is locked. */
  readonly where: SqlFragment
  readonly returning: readonly Column[]
}

/**
 * How an engine writes the statements that SQL dialects write differently. `standardForms` has the forms that PostgreSQL and
 * SQLite share (ON CONFLICT, UPDATE ... FROM, RETURNING); an engine replaces the others.
 */
export interface SqlForms {
  readonly select: (target: Target, select: Select) => SqlFragment
  readonly first: (target: Target, first: First) => SqlFragment
  /** INSERT that writes over a row with the same key. */
  readonly upsert: (target: Target, upsert: Upsert) => SqlFragment
  /** UPDATE of the rows with the keys of the incoming rows. */
  readonly update: (target: Target, update: Update) => SqlFragment
  readonly delete: (target: Target, rows: Delete) => SqlFragment
  readonly deleteFirst: (target: Target, rows: DeleteFirst) => SqlFragment
  /** That a row's key is among those of a FROM item called `s`. */
  readonly keyIn: (target: Target, keys: SqlFragment) => SqlFragment
  /**
   * A cheaper UPDATE. It finds a row only if the key, the identity and the slot of the expiry stay the same. It is tried
   * first where a statement takes one row. Left out: there is none.
   */
  readonly updateInPlace?: (target: Target, update: Update) => SqlFragment
  /**
   * Makes an UPDATE or DELETE lock its rows in the order of their keys. Otherwise the planner chooses the order, and two
   * batches can deadlock. Used once this process has lost to a deadlock. Left out: the engine has no such form.
   */
  readonly lockInOrder?: (target: Target, where: SqlFragment) => LockInOrder
}

export interface LockInOrder {
  /** Stands before the statement. */
  readonly before: SqlFragment
  /** Is part of the statement's condition. */
  readonly where: SqlFragment
}

/**
 * The forms of an engine without RETURNING. A single write tells its outcome by `tell`. A batch locks its rows, reads them,
 * and then writes those that should be written.
 */
export interface LockingForms {
  /** SELECT of rows that stay locked until the transaction ends. */
  readonly lock: (target: Target, select: Select & Rows) => SqlFragment
  /**
   * UPDATE of rows that exist. The count has two for each row that it changed. For a row that does not exist it may insert a
   * meaningless one; the count is then smaller, and the caller rolls the transaction back. With a `where`, the assignments
   * have a new version.
   */
  readonly updateLocked: (target: Target, update: Omit<Update, 'where'> & Partial<Pick<Update, 'where'>>) => SqlFragment
  /** An upsert over an expired session. If the stored one is live, it writes nothing and tells that session's expiry. */
  readonly upsertOrTell: (target: Target, upsert: Upsert & { readonly onlyWhere: SqlFragment }) => SqlFragment
  /** Joins integers into one string, with spaces between them and `-` for null. */
  readonly join: (values: readonly SqlPart[]) => SqlFragment
  /** The value of an integer expression. The answer has it as `insertId`. */
  readonly tell: (value: SqlFragment) => SqlFragment
}

/** A table that is about to be made; its names are quoted. */
export interface NewTable {
  readonly name: string
  /** The definition of each column. */
  readonly columns: readonly string[]
  readonly primaryKey: string
  readonly indexes: readonly NewIndex[]
}

export interface NewIndex {
  readonly name: string
  readonly column: string
  /** Whether rows in which the column is null can be left out. */
  readonly notNull: boolean
}

/** How an engine defines tables. */
export interface SchemaForms {
  /** The statements that make a table and its indexes where they are missing. */
  readonly createTable: (table: NewTable) => readonly string[]
  /** `column`: its definition. */
  readonly addColumn: (table: string, column: string) => string
}
