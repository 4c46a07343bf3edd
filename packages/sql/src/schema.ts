import type { SqlDialect } from './dialect.ts'
import {
  type Column,
  columnsOfVersion2,
  schemaColumns,
  schemaTable,
  sessionColumns,
  stateColumns,
  type TableNames,
  tableNames,
} from './table.ts'

/** One step of the schema. Its statements can run again: a process may have ended between two of them. */
export interface Migration {
  /** Counted from 1, without gaps. */
  readonly version: number
  /** The lowest version whose processes can use the tables when this one is done. */
  readonly readableBy: number
  /** `columns`: those that the table of the sessions has. */
  readonly statements: (dialect: SqlDialect, names: TableNames, columns: ReadonlySet<string>) => readonly string[]
}

/** Every version of the schema, oldest first. A released one never changes; a new one is appended. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    readableBy: 1,
    // A new table has the columns of the later versions at once.
    statements: (dialect, names) => [
      ...createTable(dialect, names.sessions, sessionColumns, [
        { name: names.sessionsByExpiry, column: 'expires_slot' },
        { name: names.sessionsByIdentity, column: 'identity_key', notNull: true },
      ]),
      ...createTable(dialect, names.states, stateColumns, [{ name: names.statesByExpiry, column: 'expires_at' }]),
    ],
  },
  {
    version: 2,
    // A process of version 1 leaves the new columns null. For a session with nulls the store's defaults apply.
    readableBy: 1,
    statements: (dialect, names, columns) =>
      columnsOfVersion2
        .filter(({ name }) => !columns.has(name))
        .map((column) => addColumn(dialect, names.sessions, column)),
  },
]

function addColumn({ quote, table = quote, types, schema }: SqlDialect, tableName: string, column: Column): string {
  return schema.addColumn(table(tableName), `${quote(column.name)} ${types[column.type]}`)
}

interface Index {
  readonly name: string
  readonly column: string
  readonly notNull?: boolean
}

function createTable(
  { quote, table = quote, types, schema }: SqlDialect,
  name: string,
  columns: readonly Column[],
  indexes: readonly Index[],
): readonly string[] {
  return schema.createTable({
    name: table(name),
    columns: columns.map((column) => {
      return `${quote(column.name)} ${types[column.type]}${column.nullable ? '' : ' not null'}`
    }),
    primaryKey: quote(columns[0]?.name ?? ''),
    indexes: indexes.map((index) => ({
      name: quote(index.name),
      column: quote(index.column),
      notNull: index.notNull ?? false,
    })),
  })
}

/** Makes or completes the table of schema versions. `columns`: the columns that it has; none if it is missing. */
export function createSchemaTable(dialect: SqlDialect, columns: ReadonlySet<string>): readonly string[] {
  if (columns.size === 0) return createTable(dialect, schemaTable, schemaColumns, [])
  const missing = schemaColumns.filter(({ name }) => !columns.has(name))
  return missing.map((column) => addColumn(dialect, schemaTable, column))
}

/** Records that the tables are at a version. The name is a validated identifier, so it can stand in the text. */
export function recordVersion(
  dialect: SqlDialect,
  table: string,
  { version, readableBy }: Pick<Migration, 'version' | 'readableBy'>,
): readonly string[] {
  const name = (dialect.table ?? dialect.quote)(schemaTable)
  return [
    `delete from ${name} where table_name = '${table}'`,
    `insert into ${name} (table_name, version, readable_by) values ('${table}', ${version}, ${readableBy})`,
  ]
}

/**
 * Returns the schema as SQL text, for those who run it themselves and open the store with `migrate: false`. It can run again.
 * `from`: the version of the tables, for the statements from there to the newest; left out, for new tables.
 * @throws `SESS_CONFIG` for a table name that is not a plain identifier
 */
export function schemaSql(dialect: SqlDialect, table: string, from = 0): string {
  const names = tableNames(table)
  const columns = from === 1 ? sessionColumns.filter((column) => !columnsOfVersion2.includes(column)) : sessionColumns
  const ofSchemas = from === 0 ? [] : from === 1 ? schemaColumns.slice(0, 2) : schemaColumns
  const statements = [
    ...createSchemaTable(dialect, namesOf(ofSchemas)),
    ...migrations.slice(from).flatMap((migration) => migration.statements(dialect, names, namesOf(columns))),
    ...recordVersion(dialect, table, migrations.at(-1) as Migration),
  ]
  return statements.map((statement) => `${statement};\n`).join('')
}

function namesOf(columns: readonly Column[]): ReadonlySet<string> {
  return new Set(columns.map(({ name }) => name))
}
