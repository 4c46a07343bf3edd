import { SessionError } from '@sess/core'
import { onlyInteger } from './answers.ts'
import { conflictRetries } from './conflict-retries.ts'
import type { SqlDialect } from './dialect.ts'
import type { SqlDriver, SqlWork } from './driver.ts'
import { compile, parameter, sql } from './fragment.ts'
import { createSchemaTable, type Migration, recordVersion, migrations as released } from './schema.ts'
import {
  columnsOfVersion2,
  schemaColumns,
  schemaTable,
  sessionColumns,
  stateColumns,
  type TableNames,
} from './table.ts'

export interface MigrateOptions {
  readonly driver: SqlDriver
  readonly dialect: SqlDialect
  readonly names: TableNames
  /** False: the tables are checked, and nothing is created or altered. */
  readonly migrate: boolean
  /** Default: the released ones. */
  readonly migrations?: readonly Migration[]
}

/**
 * Brings the tables to the newest version. It first checks without a lock, so a start on current tables needs no right to
 * create any.
 * @throws `SESS_CONFIG` if a table is missing or old and `migrate` is false, if this package cannot use the schema's version,
 * and if a table of the name is not sess's; nothing is altered then
 */
export async function migrateTables(options: MigrateOptions): Promise<void> {
  const { driver, migrate } = options
  const from = await driver.run(() => versionToMigrateFrom(options))
  if (from === null) return
  if (!migrate) {
    const { sessions } = options.names
    throw configError(
      from === 0
        ? `the table ${sessions} or its companions are missing; run the DDL that the package prints, or open the store with migrate: true`
        : `the table ${sessions} is at schema version ${from}, older than this package; run the migration, or open the store with migrate: true`,
    )
  }
  // On a cluster each node may have a lock of its own. A process that loses to a migration on another node checks again.
  const retryOnConflict = conflictRetries(driver, ['conflict', 'duplicate'])
  await retryOnConflict(() => driver.exclusive(() => applyMigrations(options)))
}

/** Returns the version of the tables, 0 if there are none, or null if there is nothing to do. */
function* versionToMigrateFrom(options: MigrateOptions): SqlWork<number | null> {
  const { names, dialect, migrations = released } = options
  const newest = migrations.length
  const { version: recorded, readableBy } = yield* recordedVersion(dialect, names)
  if (recorded !== null && readableBy > newest) {
    throw configError(
      `the table ${names.sessions} is at schema version ${recorded}, newer than the ${newest} that this package knows; upgrade the package`,
    )
  }
  const sessions = yield* columnsOf(dialect, names.sessions)
  const states = yield* columnsOf(dialect, names.states)
  const version = versionOf(sessions, recorded)
  if (version !== null && version < newest) return version
  requireColumns(names.sessions, sessions, sessionColumns)
  requireColumns(names.states, states, stateColumns)
  if (sessions.size === 0 || states.size === 0) return 0
  for (const table of [names.sessions, names.states]) yield* requireVisibleRows(dialect, table)
  return null
}

/** @throws `SESS_CONFIG` if the server hides all rows: every session would seem to be missing */
function* requireVisibleRows({ showsRows, placeholder }: SqlDialect, table: string): SqlWork<void> {
  if (showsRows === undefined) return
  const answer = yield { statement: compile(showsRows, placeholder, true), values: [table] }
  if (onlyInteger(answer) !== 0) return
  throw configError(
    `row-level security hides every row of the table ${table} from this user; add a policy, or disable it`,
  )
}

/**
 * Returns the version that a table is at; null if it is missing or not known. The columns decide, and not only the record: a table
 * may have been restored from a backup that is older than the record.
 */
function versionOf(columns: ReadonlySet<string>, recorded: number | null): number | null {
  if (columns.size === 0) return null
  const has = ({ name }: { readonly name: string }) => columns.has(name)
  const isOfVersion1 = sessionColumns.every((column) => columnsOfVersion2.includes(column) || has(column))
  return isOfVersion1 && !columnsOfVersion2.every(has) ? 1 : recorded
}

function* applyMigrations(options: MigrateOptions): SqlWork<void> {
  const { names, dialect, migrations = released } = options
  // Another process may have migrated since the first check.
  const from = yield* versionToMigrateFrom(options)
  if (from === null) return
  for (const text of createSchemaTable(dialect, yield* columnsOf(dialect, schemaTable))) yield ddl(text)
  for (const migration of migrations.slice(from)) {
    const columns = yield* columnsOf(dialect, names.sessions)
    for (const text of migration.statements(dialect, names, columns)) yield ddl(text)
    for (const text of recordVersion(dialect, names.sessions, migration)) yield ddl(text)
  }
}

interface Recorded {
  /** Null if none is recorded. */
  readonly version: number | null
  /** The lowest version whose processes can use the tables. */
  readonly readableBy: number
}

function* recordedVersion(dialect: SqlDialect, names: TableNames): SqlWork<Recorded> {
  const columns = yield* columnsOf(dialect, schemaTable)
  if (columns.size === 0) return { version: null, readableBy: 0 }
  requireColumns(schemaTable, columns, schemaColumns.slice(0, 2))
  const { table = dialect.quote } = dialect
  const readableBy = columns.has('readable_by') ? 'readable_by' : 'null'
  const select = sql`select version, ${readableBy} from ${table(schemaTable)} where table_name = ${parameter('table')}`
  const { rows } = yield { statement: compile(select, dialect.placeholder, true), values: [names.sessions] }
  if (rows[0] === undefined) return { version: null, readableBy: 0 }
  const version = Number(rows[0][0])
  return { version, readableBy: rows[0][1] === null ? version : Number(rows[0][1]) }
}

function* columnsOf(dialect: SqlDialect, table: string): SqlWork<ReadonlySet<string>> {
  const { rows } = yield { statement: compile(dialect.columnsOf, dialect.placeholder, true), values: [table] }
  return new Set(rows.map((row) => String(row[0])))
}

function requireColumns(
  table: string,
  found: ReadonlySet<string>,
  expected: readonly { readonly name: string }[],
): void {
  if (found.size === 0) return
  const missing = expected.filter(({ name }) => !found.has(name)).map(({ name }) => name)
  if (missing.length === 0) return
  throw configError(
    `there is a table ${table} that is not a table of sess (it has no column ${missing.join(', ')}); choose another table name`,
  )
}

function ddl(text: string) {
  return { statement: { text, parameters: [], returnsRows: false }, values: [] }
}

function configError(message: string): SessionError {
  return new SessionError('SESS_CONFIG', message)
}
