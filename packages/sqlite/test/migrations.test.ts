import { join } from 'node:path'
import { sqliteSchema, sqliteStore } from '@sess/sqlite'
import { startStores } from '@sess/testkit'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let path: string

beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'sessions.db')
})
afterEach(() => folder.remove())

test('ten processes make the tables at once, write to them at once, lose no update, and none sees the file locked', async () => {
  await using processes = await startStores(10, 'sqlite', { path })
  const ids = await Promise.all(processes.stores.map((store) => store.create(50)))
  expect(new Set(ids.flat()).size).toBe(500)
  await using store = sqliteStore<{ n: number }>({ path, migrate: false })
  expect(await store.count()).toBe(500)

  const { id } = await store.create({ data: { n: 0 } })
  await Promise.all(processes.stores.map((store) => store.add(20, id)))
  expect((await store.load(id))?.data).toEqual({ n: 200 })
}, 60_000)

describe('the schema', () => {
  const schemaOf = (database: BetterSqlite3.Database) =>
    database
      .prepare<[], { sql: string | null }>('select sql from sqlite_schema order by name')
      .all()
      .map(({ sql }) => sql?.replace(/\s+/g, ' '))

  test('as it is printed is the one that the store makes, can be run again, and does without migrations', async () => {
    const [printed, migrated] = [new BetterSqlite3(path), new BetterSqlite3(':memory:')]
    printed.exec(sqliteSchema({ table: 'web' }))
    printed.exec(sqliteSchema({ table: 'web' }))
    await using store = sqliteStore({ database: printed, table: 'web', migrate: false })
    await using maker = sqliteStore({ database: migrated, table: 'web' })
    await Promise.all([store.create(), store.putState(), maker.create()])
    expect(await store.count()).toBe(1)
    expect(schemaOf(printed)).toEqual(schemaOf(migrated))
  })

  test('that is missing is SESS_CONFIG with migrate: false, and nothing is made', async () => {
    const database = new BetterSqlite3(path)
    await using store = sqliteStore({ database, migrate: false })
    await expect(store.create()).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining('migrate'),
    })
    expect(schemaOf(database)).toEqual([])
    database.exec(sqliteSchema())
    await store.create()
  })

  test('that is newer than the package is SESS_CONFIG, and the tables are left alone', async () => {
    const database = new BetterSqlite3(path)
    database.exec(sqliteSchema())
    database.exec('update sess_schema set version = 99, readable_by = 99')
    const before = schemaOf(database)
    for (const migrate of [true, false]) {
      await using store = sqliteStore({ database, migrate })
      await expect(store.load('x')).rejects.toMatchObject({
        code: 'SESS_CONFIG',
        message: expect.stringMatching(/99.*upgrade/),
      })
    }
    expect(schemaOf(database)).toEqual(before)
  })

  test('of somebody else’s table is SESS_CONFIG, and the table is left alone', async () => {
    const database = new BetterSqlite3(path)
    database.exec("create table sess_sessions (sid text, sess text); insert into sess_sessions values ('a', 'b')")
    await using store = sqliteStore({ database })
    await expect(store.create()).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining('not a table of sess'),
    })
    expect(database.prepare('select * from sess_sessions').all()).toEqual([{ sid: 'a', sess: 'b' }])
  })

  test('takes no name that is more than a name', () => {
    for (const table of ['a"b', 'a.b', 'a;', '', 'é', 'a'.repeat(47)]) {
      expect(() => sqliteSchema({ table })).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
      expect(() => sqliteStore({ path, table })).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
    }
  })

  test('takes no value of another type than its column has', async () => {
    const database = new BetterSqlite3(':memory:')
    await using store = sqliteStore({ database })
    await store.create()
    expect(database.prepare("select name from pragma_table_list where schema = 'main' and not strict").all()).toEqual([
      { name: 'sqlite_schema' },
    ])
    database.close()
  })

  test('is searched by its indexes', async () => {
    const database = new BetterSqlite3(':memory:')
    database.exec(sqliteSchema())
    const plan = (text: string) => JSON.stringify(database.prepare(`explain query plan ${text}`).all())
    expect(plan("select * from sess_sessions where identity_key = 'a' and expires_at > 1")).toContain(
      'sess_sessions_by_identity',
    )
    expect(plan('select key from sess_sessions where expires_slot <= 1 order by expires_slot limit 5')).toContain(
      'sess_sessions_by_expiry',
    )
    expect(plan('select key from sess_sessions_states where expires_at <= 1 order by expires_at limit 5')).toContain(
      'sess_sessions_states_by_expiry',
    )
  })
})
