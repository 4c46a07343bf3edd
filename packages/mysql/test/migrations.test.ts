import { mysqlSchema, mysqlStore } from '@sess/mysql'
import { shared, startStores } from '@sess/testkit'
import mysql, { type Pool, type RowDataPacket } from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

test.each(engines)(
  'on %s, ten processes make the tables at once, write to them at once, and lose no update',
  async (name) => {
    const { url } = await shared(name)
    const table = freshTable()
    {
      await using processes = await startStores(10, 'mysql', { url, table, timeoutMs: 30_000 })
      const ids = await Promise.all(processes.stores.map((store) => store.create(50)))
      expect(new Set(ids.flat()).size).toBe(500)
      await using store = mysqlStore<{ n: number }>({ url, table, migrate: false })
      expect(await store.count()).toBe(500)

      const { id } = await store.create({ data: { n: 0 } })
      await Promise.all(processes.stores.map((store) => store.add(10, id)))
      expect((await store.load(id))?.data).toEqual({ n: 100 })
    }
    await asRoot({ url }, (root) => dropTables(root, table))
  },
  60_000,
)

describe.each(engines)('the schema, on %s,', async (name) => {
  const server = await shared(name)

  /** Does something with tables of its own. */
  const withTable = (use: (table: string, root: Pool) => Promise<void>) =>
    asRoot(server, async (root) => {
      const table = freshTable()
      await use(table, root)
      await dropTables(root, table)
    })

  const print = async (root: Pool, table: string) => {
    for (const text of mysqlSchema({ table }).split(';\n')) if (text !== '') await root.query(text)
  }

  /** The tables and their indexes as the server keeps them, the name aside. */
  const madeOf = async (root: Pool, table: string) => {
    const texts: string[] = []
    for (const suffix of ['', '_states']) {
      const [rows] = await root.query<RowDataPacket[]>(`show create table ${table}${suffix}`)
      texts.push(String(rows[0]?.['Create Table']).replaceAll(table, 'name'))
    }
    return texts
  }

  test('as it is printed is the one that the store makes, can be run again, and does without migrations', () =>
    withTable((printed, root) =>
      withTable(async (migrated) => {
        await print(root, printed)
        await print(root, printed)
        await using store = mysqlStore({ url: server.url, table: printed, migrate: false })
        await using maker = mysqlStore({ url: server.url, table: migrated })
        await Promise.all([store.create(), maker.create()])
        expect(await store.count()).toBe(1)
        expect(await madeOf(root, printed)).toEqual(await madeOf(root, migrated))
      }),
    ))

  test('that is missing is SESS_CONFIG with migrate: false, and nothing is made', () =>
    withTable(async (table, root) => {
      await using store = mysqlStore({ url: server.url, table, migrate: false })
      await expect(store.create()).rejects.toMatchObject({
        code: 'SESS_CONFIG',
        message: expect.stringContaining(table),
      })
      expect((await root.query(`show tables like '${table}%'`))[0]).toEqual([])
      await print(root, table)
      await store.create()
    }))

  test('is InnoDB, whatever the default of the server is', () =>
    withTable(async (table, root) => {
      const pool = mysql.createPool({ uri: server.url, connectionLimit: 1 })
      await pool.query(`set session default_storage_engine = 'MyISAM'`)
      await using store = mysqlStore({ pool, table })
      await store.create()
      const [rows] = await root.query<RowDataPacket[]>(
        'select engine as engine from information_schema.tables where table_schema = database() and table_name like ?',
        [`${table}%`],
      )
      expect(rows).toEqual([{ engine: 'InnoDB' }, { engine: 'InnoDB' }])
      await pool.end()
    }))

  test('that is newer than the package is SESS_CONFIG, and the tables are left alone', () =>
    withTable(async (table, root) => {
      await print(root, table)
      await root.query('update sess_schema set version = 99, readable_by = 99 where table_name = ?', [table])
      const before = await madeOf(root, table)
      for (const migrate of [true, false]) {
        await using store = mysqlStore({ url: server.url, table, migrate })
        await expect(store.load('x')).rejects.toMatchObject({
          code: 'SESS_CONFIG',
          message: expect.stringMatching(/99.*upgrade/),
        })
      }
      expect(await madeOf(root, table)).toEqual(before)
    }))

  test('of somebody else’s table is SESS_CONFIG, and the table is left alone', () =>
    withTable(async (table, root) => {
      await root.query(`create table ${table} (id int)`)
      await root.query(`insert into ${table} values (7)`)
      await using store = mysqlStore({ url: server.url, table })
      await expect(store.create()).rejects.toMatchObject({
        code: 'SESS_CONFIG',
        message: expect.stringContaining('not a table of sess'),
      })
      expect((await root.query(`select * from ${table}`))[0]).toEqual([{ id: 7 }])
      expect((await root.query(`show tables like '${table}_states'`))[0]).toEqual([])
    }))

  test('is half made where a process ended in between: the next one makes the rest', () =>
    withTable(async (table, root) => {
      await print(root, table)
      await root.query(`drop table ${table}_states`)
      await root.query('delete from sess_schema where table_name = ?', [table])
      await using store = mysqlStore({ url: server.url, table })
      expect(await store.consumeState(await store.putState())).not.toBeNull()
      const [rows] = await root.query('select version from sess_schema where table_name = ?', [table])
      expect(rows).toEqual([{ version: 2 }])
    }))

  test('is looked for in the database of the connection, not where another has tables of the name', () =>
    withTable(async (table, root) => {
      const database = freshTable()
      await root.query(`create database ${database}`)
      {
        await using here = mysqlStore({ url: server.url, table })
        await using there = mysqlStore({ url: server.url.replace(/\/test$/, `/${database}`), table })
        await here.create()
        expect(await there.count()).toBe(0)
      }
      await root.query(`drop database ${database}`)
    }))
})

test('takes no name that is more than a name', () => {
  for (const table of ['a`b', 'a.b', 'a;', '', 'é', 'a'.repeat(47)]) {
    expect(() => mysqlSchema({ table })).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
    expect(() => mysqlStore({ url: 'mysql://root@127.0.0.1/test', table })).toThrow(
      expect.objectContaining({ code: 'SESS_CONFIG' }),
    )
  }
})
