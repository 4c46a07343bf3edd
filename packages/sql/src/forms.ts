import type { SqlFragment, SqlPart } from './fragment.ts'
import type { Column } from './table.ts'
import type { Assignments, Target } from './target.ts'

/** The rows of a statement. */
export interface Rows {
  /** A FROM item called `s` that has the `key` of each row. Left out: the statement takes one key, the parameter `key`. */
  readonly keys?: SqlFragment | undefined
  /** What holds for the rows too. */
  readonly where?: SqlFragment | undefined
}

export interface Select extends Rows {
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
  /** Whether rows that somebody has locked are left out, where that can be said. The rows are about to be deleted. */
  readonly skipLocked?: boolean
}

export interface DeleteFirst {
  /** The rows, by their place. */
  readonly first: Omit<First, 'columns'>
  /** What must hold for a row once it is locked, too. */
  readonly where: SqlFragment
  readonly returning: readonly Column[]
}

/**
 * How an engine says what SQL leaves to it. `standardForms` has what PostgreSQL and SQLite say alike (ON CONFLICT, UPDATE
 * ... FROM, RETURNING); an engine replaces what it says differently.
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
   * A cheaper UPDATE, which finds a row only if its key, its identity and the slot of its expiry stay as they are. It is
   * tried first where a statement takes one row. Left out: there is none.
   */
  readonly updateInPlace?: (target: Target, update: Update) => SqlFragment
  /**
   * What makes an UPDATE or DELETE lock its rows in the order of their keys. Without it the planner chooses the order, and
   * two batches can deadlock; statements have it once this process has lost to a deadlock. Left out: there is no such form.
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
 * What an engine has in place of RETURNING. A single write tells its outcome by what it has told (see `tell`); a batch locks
 * its rows, looks at them, and writes those that should be written.
 */
export interface LockingForms {
  /** SELECT of rows that stay locked until the transaction ends. */
  readonly lock: (target: Target, select: Select) => SqlFragment
  /**
   * UPDATE of rows that are there. Its count is two for a row that it changed. Where a row is missing it may insert a
   * meaningless one: then the count is less, and the transaction must be rolled back.
   */
  readonly updateLocked: (target: Target, update: Omit<Update, 'where'> & Partial<Pick<Update, 'where'>>) => SqlFragment
  /** An upsert over an expired session. Over a live one it writes nothing, and tells that one's expiry. */
  readonly upsertOrTell: (target: Target, upsert: Upsert & { readonly onlyWhere: SqlFragment }) => SqlFragment
  /** The value of an integer expression, which is put into the answer as its `insertId` besides. */
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
  /** Whether a row is of no use in it where the column is null. */
  readonly notNull: boolean
}

/** How an engine defines tables. */
export interface SchemaForms {
  /** The statements that make a table and its indexes where they are missing. */
  readonly createTable: (table: NewTable) => readonly string[]
  /** `column`: its definition. */
  readonly addColumn: (table: string, column: string) => string
}
