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
 * The sessions, all instants in epoch ms. `expires_slot` is `expires_at` to about nine minutes: clean-up and `count` find
 * rows by its index, so that a session in use, whose `expires_at` moves at every request, seldom moves in an index too.
 */
export const sessionColumns = [
  key,
  { name: 'version', type: 'token' },
  { name: 'created_at', type: 'integer' },
  expiresAt,
  { name: 'expires_slot', type: 'integer' },
  { name: 'deadline', type: 'integer', nullable: true },
  // Null in a row that a process wrote which knows version 1 of the schema.
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

/** What a row brings along that is not stored in a column of that name. */
export const incomingColumns = {
  /** The expiry of a changed record: null where the stored one stays. */
  newExpiresAt: { name: 'expires_at', type: 'integer', nullable: true },
  /** What the expiry is believed to be where it stays; else null. */
  believedExpiresAt: { name: 'believed_expires_at', type: 'integer', nullable: true },
  /** For a row without a ttl_ms. */
  defaultTtlMs: { name: 'default_ttl_ms', type: 'integer' },
  ifVersion: { name: 'if_version', type: 'token' },
  newKey: { name: 'new_key', type: 'key' },
} as const satisfies Record<string, Column>

/** The one-time states. */
export const stateColumns = [key, expiresAt, payload] as const satisfies readonly Column[]

/** Which schema version each set of tables is at: one row for each `table` option in use in this database. */
export const schemaTable = 'sess_schema'
export const schemaColumns = [
  { name: 'table_name', type: 'token' },
  { name: 'version', type: 'integer' },
  /** The lowest version of the schema whose processes can use these tables. Null: only this one's, and later ones. */
  { name: 'readable_by', type: 'integer', nullable: true },
] as const satisfies readonly Column[]

/** The `table` option's default. */
export const defaultTable = 'sess_sessions'

const slotBits = 19

/** `expires_slot` of an instant. `slotShift` says the same in SQL. */
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
