import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSqlBackend } from '../src/backend.ts'
import { parameter, sql } from '../src/fragment.ts'
import { migrateTables } from '../src/migrate.ts'
import { type Migration, migrations, schemaSql } from '../src/schema.ts'
import { tableNames } from '../src/table.ts'
import { dialects, NodeSqliteDriver } from './engines.ts'

const dialect = Object.values(dialects)[0] as (typeof dialects)[string]
const table = 'sess_sessions'

/** The released migrations and two that may follow them one day. */
const later: readonly Migration[] = [
  ...migrations,
  {
    version: migrations.length + 1,
    readableBy: migrations.length + 1,
    statements: () => ['create table if not exists step_one (a text)'],
  },
  {
    version: migrations.length + 2,
    readableBy: migrations.length + 1,
    statements: () => ['create table if not exists step_two (a text)'],
  },
]

function migrate(database: DatabaseSync, options: { migrate?: boolean; migrations?: readonly Migration[] } = {}) {
  const driver = new NodeSqliteDriver(database)
  return migrateTables({ driver, dialect, names: tableNames(table), migrate: true, ...options })
}

const version = (database: DatabaseSync) => database.prepare('select * from sess_schema').all()
function schema(database: DatabaseSync): { type: string; name: string; sql: string }[] {
  const rows = database.prepare('select type, name, sql from sqlite_schema order by type, name').all()
  return rows.map(({ type, name, sql }) => ({ type: `${type}`, name: `${name}`, sql: `${sql}`.replace(/\s+/g, ' ') }))
}

test('an empty database gets the tables, and a second run changes nothing', async () => {
  const database = new DatabaseSync(':memory:')
  await migrate(database)
  const after = schema(database)
  expect(after.map(({ name }) => name)).toContain('sess_sessions_states')
  expect(version(database)).toMatchObject([{ table_name: table, version: migrations.length }])
  await migrate(database)
  expect(schema(database)).toEqual(after)
})

test('the printed DDL makes the same tables as the store does, and can be run again', async () => {
  const [printed, migrated] = [new DatabaseSync(':memory:'), new DatabaseSync(':memory:')]
  printed.exec(schemaSql(dialect, table))
  printed.exec(schemaSql(dialect, table))
  await migrate(migrated)
  expect(schema(printed)).toEqual(schema(migrated))
  expect(version(printed)).toEqual(version(migrated))
  await migrate(printed, { migrate: false })
})

test('a column without a value is refused, but for those that an older version leaves empty', async () => {
  const database = new DatabaseSync(':memory:')
  await migrate(database)
  const empty = (name: string) =>
    database
      .prepare('select name from pragma_table_info(?) where not "notnull"')
      .all(name)
      .map((row) => row.name)
  expect(empty(table)).toEqual(['deadline', 'ttl_ms', 'last_seen_at', 'identity_key'])
  expect(empty(`${table}_states`)).toEqual([])
  expect(empty('sess_schema')).toEqual(['readable_by'])
})

describe('from each earlier version', () => {
  test.each(later.map((_, index) => index))('%i to the newest', async (from) => {
    const database = new DatabaseSync(':memory:')
    if (from > 0) await migrate(database, { migrations: later.slice(0, from) })
    await migrate(database, { migrations: later })
    const names = schema(database).map(({ name }) => name)
    expect(names).toContain('step_one')
    expect(names).toContain('step_two')
    expect(version(database)).toMatchObject([{ table_name: table, version: later.length }])
  })

  test('an old version is only reported where migrate is false', async () => {
    const database = new DatabaseSync(':memory:')
    await migrate(database)
    const before = schema(database)
    await expect(migrate(database, { migrations: later, migrate: false })).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining(`schema version ${migrations.length}`),
    })
    expect(schema(database)).toEqual(before)
  })

  test('a migration that fails leaves the version before it', async () => {
    const database = new DatabaseSync(':memory:')
    await migrate(database)
    const before = schema(database)
    const broken = [
      ...later.slice(0, -1),
      { version: later.length, readableBy: 1, statements: () => ['create nonsense'] },
    ]
    await expect(migrate(database, { migrations: broken })).rejects.toThrow('syntax error')
    expect(schema(database)).toEqual(before)
    expect(version(database)).toMatchObject([{ table_name: table, version: migrations.length }])
  })
})

describe('tables of version 1', () => {
  const old = `
    create table sess_schema (table_name text not null, version integer not null, primary key (table_name)) strict;
    insert into sess_schema values ('sess_sessions', 1);
    create table sess_sessions (key text not null, version text not null, created_at integer not null,
      expires_at integer not null, expires_slot integer not null, deadline integer, identity_key text,
      payload text not null, primary key (key)) strict;
    create table sess_sessions_states (key text not null, expires_at integer not null, payload text not null,
      primary key (key)) strict;`
  const insert = (key: string) =>
    `insert into sess_sessions (key, version, created_at, expires_at, expires_slot, payload)
     values ('${key}', 'v', 1, 9000000, 17, '{}')`
  const columns = (database: DatabaseSync) =>
    database
      .prepare('select name from pragma_table_info(?)')
      .all('sess_sessions')
      .map(({ name }) => name)

  test('get the new columns, keep their rows, and take those of a process that knows no other', async () => {
    const database = new DatabaseSync(':memory:')
    database.exec(old + insert('before'))
    await migrate(database)
    database.exec(insert('after'))
    expect(version(database)).toEqual([{ table_name: table, version: 2, readable_by: 1 }])
    const driver = new NodeSqliteDriver(database)
    const backend = createSqlBackend({ type: 'test', driver, dialect, table })
    expect(await backend.read(['after', 'before'])).toMatchObject([
      { ttlMs: null, lastSeenAt: null },
      { ttlMs: null, lastSeenAt: null },
    ])
  })

  test('are finished where a process ended half-way', async () => {
    const database = new DatabaseSync(':memory:')
    database.exec(
      `${old} alter table sess_sessions add column ttl_ms integer; alter table sess_schema add column readable_by integer`,
    )
    await migrate(database)
    expect(columns(database)).toEqual(expect.arrayContaining(['ttl_ms', 'last_seen_at']))
  })

  test('get the same by the printed DDL', async () => {
    const database = new DatabaseSync(':memory:')
    database.exec(old + schemaSql(dialect, table, 1))
    await migrate(database, { migrate: false })
    expect(columns(database)).toEqual(expect.arrayContaining(['ttl_ms', 'last_seen_at']))
  })
})

test('a schema that is newer than the package opens where it says that the package can read it', async () => {
  const database = new DatabaseSync(':memory:')
  await migrate(database, { migrations: later })
  await migrate(database, { migrations: later.slice(0, -1), migrate: false })
  expect(version(database)).toMatchObject([{ version: later.length }])
})

test('a schema that is newer than the package is refused and left alone', async () => {
  const database = new DatabaseSync(':memory:')
  await migrate(database, { migrations: later })
  const before = schema(database)
  for (const options of [{}, { migrate: false }]) {
    await expect(migrate(database, options)).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining('newer than'),
    })
  }
  expect(schema(database)).toEqual(before)
  expect(version(database)).toMatchObject([{ table_name: table, version: later.length }])
})

test.each(['sess_sessions', 'sess_sessions_states', 'sess_schema'])(
  'a foreign table %s is refused and left alone',
  async (name) => {
    const database = new DatabaseSync(':memory:')
    database.exec(`create table ${name} (key text, precious text); insert into ${name} values ('a', 'b')`)
    const before = schema(database)
    for (const options of [{}, { migrate: false }]) {
      await expect(migrate(database, options)).rejects.toMatchObject({
        code: 'SESS_CONFIG',
        message: expect.stringContaining(name),
      })
    }
    expect(schema(database)).toEqual(before)
    expect(database.prepare(`select * from ${name}`).all()).toEqual([{ key: 'a', precious: 'b' }])
  },
)

test('missing tables are an error where migrate is false, and nothing is made', async () => {
  const database = new DatabaseSync(':memory:')
  await expect(migrate(database, { migrate: false })).rejects.toMatchObject({ code: 'SESS_CONFIG' })
  expect(schema(database)).toEqual([])
})

test('tables that were dropped by hand are made again', async () => {
  const database = new DatabaseSync(':memory:')
  await migrate(database)
  const before = schema(database)
  database.exec('drop table sess_sessions')
  await migrate(database)
  expect(schema(database)).toEqual(before)
})

test('tables without a recorded version are taken for what their columns show', async () => {
  const database = new DatabaseSync(':memory:')
  await migrate(database)
  database.exec('drop table sess_schema')
  await migrate(database, { migrate: false })
})

test.each(['with its record', 'without a record'])(
  'a table of an older backup, %s of the version, gets the columns that it lacks',
  async (record) => {
    const database = new DatabaseSync(':memory:')
    await migrate(database)
    database.exec('alter table sess_sessions drop column ttl_ms')
    if (record === 'without a record') database.exec('drop table sess_schema')
    await expect(migrate(database, { migrate: false })).rejects.toThrow(/schema version 1, older than this package/)
    await migrate(database)
    await migrate(database, { migrate: false })
    expect(version(database)).toMatchObject([{ table_name: table, version: migrations.length }])
  },
)

test('a table whose rows the server hides is refused: every session would seem to be missing', async () => {
  const database = new DatabaseSync(':memory:')
  await migrate(database)
  const shows = (row: number) => ({
    ...dialect,
    showsRows: sql`select ${row.toString()} where ${parameter('table')} <> ''`,
  })
  const open = (row: number) =>
    migrateTables({
      driver: new NodeSqliteDriver(database),
      dialect: shows(row),
      names: tableNames(table),
      migrate: true,
    })
  await open(1)
  await expect(open(0)).rejects.toMatchObject({ code: 'SESS_CONFIG', message: expect.stringContaining(table) })
})

test('the tables of two names live side by side', async () => {
  const database = new DatabaseSync(':memory:')
  for (const name of ['one', 'two']) {
    await migrateTables({ driver: new NodeSqliteDriver(database), dialect, names: tableNames(name), migrate: true })
  }
  expect(version(database)).toHaveLength(2)
  expect(schema(database).map(({ name }) => name)).toEqual(expect.arrayContaining(['one_by_expiry', 'two_by_expiry']))
})

test.each([
  '',
  '1st',
  'a b',
  'a"b',
  "a'; drop table x; --",
  'a.b',
  'sess_schema',
  'SESS_SCHEMA',
  'a'.repeat(47),
  'ä',
  7,
  undefined,
  'a\n',
])('the table name %j is refused', (name) => {
  expect(() => tableNames(name as string)).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
})

test.each(['a', '_', 'Sessions_2', 'a'.repeat(46), 'select'])('the table name %j is taken', (name) => {
  expect(tableNames(name).sessions).toBe(name)
})
