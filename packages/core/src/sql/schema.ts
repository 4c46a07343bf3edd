import type { SqlDialect } from './dialect.ts'
import {
  type Column,
  schemaColumns,
  schemaTable,
  sessionColumns,
  stateColumns,
  type TableNames,
  tableNames,
} from './table.ts'

/** One step of the schema. Its statements can be run again: a process may have ended between two of them. */
export interface Migration {
  /** Counted from 1, without gaps. */
  readonly version: number
  readonly statements: (dialect: SqlDialect, names: TableNames) => readonly string[]
}

/** Every version of the schema, oldest first. A released one never changes; the next is appended. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: (dialect, names) => [
      ...createTable(dialect, names.sessions, sessionColumns, [
        { name: names.sessionsByExpiry, column: 'expires_slot' },
        { name: names.sessionsByIdentity, column: 'identity_key', notNull: true },
      ]),
      ...createTable(dialect, names.states, stateColumns, [{ name: names.statesByExpiry, column: 'expires_at' }]),
    ],
  },
]

interface Index {
  readonly name: string
  readonly column: string
  /** Only the rows where the column is not null, where the engine can. */
  readonly notNull?: boolean
}

function createTable(
  dialect: SqlDialect,
  table: string,
  columns: readonly Column[],
  indexes: readonly Index[],
): readonly string[] {
  const { quote, ddl, types } = dialect
  const name = (dialect.table ?? quote)(table)
  const inside = columns.map(
    (column) => `${quote(column.name)} ${types[column.type]}${column.nullable ? '' : ' not null'}`,
  )
  inside.push(`primary key (${quote(columns[0]?.name ?? '')})`)
  if (ddl.indexes === 'inline')
    inside.push(...indexes.map((index) => `index ${quote(index.name)} (${quote(index.column)})`))
  const create = `create table if not exists ${name} (\n  ${inside.join(',\n  ')}\n)${ddl.tableSuffix}`
  if (ddl.indexes === 'inline') return [create]
  return [
    create,
    ...indexes.map((index) => {
      const where = index.notNull && ddl.partialIndexes ? ` where ${quote(index.column)} is not null` : ''
      return `create index if not exists ${quote(index.name)} on ${name} (${quote(index.column)})${where}`
    }),
  ]
}

/** The table of schema versions, which precedes every migration. */
export function createSchemaTable(dialect: SqlDialect): readonly string[] {
  return createTable(dialect, schemaTable, schemaColumns, [])
}

/** Records that the tables are at a version. The name is a validated identifier, so it can stand in the text. */
export function recordVersion(dialect: SqlDialect, table: string, version: number): readonly string[] {
  const name = (dialect.table ?? dialect.quote)(schemaTable)
  return [
    `delete from ${name} where table_name = '${table}'`,
    `insert into ${name} (table_name, version) values ('${table}', ${version})`,
  ]
}

/**
 * The whole schema as SQL text, for those who run it themselves and open the store with `migrate: false`. It can be run
 * again. `table` defaults to `sess_sessions`.
 * @throws `SESS_CONFIG` for a table name that is not a plain identifier
 */
export function schemaSql(dialect: SqlDialect, table: string): string {
  const names = tableNames(table)
  const statements = [
    ...createSchemaTable(dialect),
    ...migrations.flatMap((migration) => migration.statements(dialect, names)),
    ...recordVersion(dialect, table, migrations.length),
  ]
  return statements.map((statement) => `${statement};\n`).join('')
}
