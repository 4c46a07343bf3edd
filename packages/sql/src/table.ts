import { SessionError } from '@sess/core'

/**
 * What a column holds; a dialect has a type for each.
 * - `key`: at most 512 ASCII characters, compared byte for byte (no case folding, no padding)
 * - `token`: the same with at most 64
 * - `integer`: 64 bits
 * - `payload`: Unicode text of any length, returned as it was given
 */
export type ColumnType = 'key' | 'token' | 'integer' | 'payload'

export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly nullable?: boolean
}

const key = { name: 'key', type: 'key' } as const
const expiresAt = { name: 'expires_at', type: 'integer' } as const
const payload = { name: 'payload', type: 'payload' } as const

/**
 * The columns of a session; instants are in epoch ms. `expires_slot` is `expires_at` in units of about nine minutes, and has
 * the index that clean-up and `count` use: a touch moves `expires_at` at every request, but seldom the entry in an index.
 */
export const sessionColumns = [
  key,
  { name: 'version', type: 'token' },
  { name: 'created_at', type: 'integer' },
  expiresAt,
  { name: 'expires_slot', type: 'integer' },
  { name: 'deadline', type: 'integer', nullable: true },
  // Null in a row that was written by a process of version 1 of the schema.
  { name: 'ttl_ms', type: 'integer', nullable: true },
  { name: 'last_seen_at', type: 'integer', nullable: true },
  { name: 'identity_key', type: 'token', nullable: true },
  payload,
] as const satisfies readonly Column[]

/** The columns that version 2 of the schema added. */
export const columnsOfVersion2: readonly Column[] = sessionColumns.filter(
  ({ name }) => name === 'ttl_ms' || name === 'last_seen_at',
)

/** The columns, beside the key, that a session's row must have a value in. */
export const requiredColumns: readonly string[] = sessionColumns
  .filter((column) => !('nullable' in column) && column.name !== 'key')
  .map(({ name }) => name)

/** Columns of incoming rows that are not stored, or not as they come. */
export const incomingColumns = {
  /** The new expiry; null if the stored one stays. */
  newExpiresAt: { name: 'expires_at', type: 'integer', nullable: true },
  /** The expiry that the caller believes to be stored; null if it moves. */
  believedExpiresAt: { name: 'believed_expires_at', type: 'integer', nullable: true },
  /** The times that the caller believes to be stored, as one string. */
  believedTimes: { name: 'believed_times', type: 'key' },
  /** The idle time of a stored row without one. */
  defaultTtlMs: { name: 'default_ttl_ms', type: 'integer' },
  ifVersion: { name: 'if_version', type: 'token' },
  newKey: { name: 'new_key', type: 'key' },
} as const satisfies Record<string, Column>

/** The one-time states. */
export const stateColumns = [key, expiresAt, payload] as const satisfies readonly Column[]

/** The schema version of each set of tables: one row for each `table` option in use in this database. */
export const schemaTable = 'sess_schema'
export const schemaColumns = [
  { name: 'table_name', type: 'token' },
  { name: 'version', type: 'integer' },
  /** The lowest version of the schema whose processes can use these tables. Null: `version`. */
  { name: 'readable_by', type: 'integer', nullable: true },
] as const satisfies readonly Column[]

/** The `table` option's default. */
export const defaultTable = 'sess_sessions'

const slotBits = 19

/** Returns the `expires_slot` of an instant. `slotShift` does the same in SQL. */
export function slotOf(instant: number): number {
  return Math.floor(instant / 2 ** slotBits)
}

export const slotShift = ` >> ${slotBits}`

/** The names of everything that belongs to one `table` option. */
export interface TableNames {
  readonly sessions: string
  readonly states: string
  readonly sessionsByExpiry: string
  readonly sessionsByIdentity: string
  readonly statesByExpiry: string
}

/** 63 characters, the shortest limit of an identifier among the engines, less our longest suffix. */
const tablePattern = /^[A-Za-z_][A-Za-z0-9_]{0,45}$/

/** @throws `SESS_CONFIG` for a name that is not a plain identifier of at most 46 characters */
export function tableNames(table: string): TableNames {
  if (typeof table !== 'string' || !tablePattern.test(table) || table.toLowerCase() === schemaTable) {
    throw new SessionError(
      'SESS_CONFIG',
      `table must be a plain identifier: a letter or underscore, then up to 45 letters, digits or underscores, and not ${schemaTable}`,
    )
  }
  return {
    sessions: table,
    states: `${table}_states`,
    sessionsByExpiry: `${table}_by_expiry`,
    sessionsByIdentity: `${table}_by_identity`,
    statesByExpiry: `${table}_states_by_expiry`,
  }
}
