import { postgresSchema } from '@sess/postgres'
import { startStores } from '@sess/testkit'
import { expect, test } from 'vitest'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

for (const { server, prepare } of [
  { server: 'postgres15', prepare: true },
  { server: 'pgbouncer', prepare: false },
] as const) {
  onServer(server, `on ${server}`, async () => {
    const { url, schema, open } = await ownSchema(server)

    test('ten processes make the tables at once, write to them at once, and lose no update', {
      timeout: 60_000,
    }, async () => {
      await using processes = await startStores(10, 'postgres', { url, schema, prepare, timeoutMs: 30_000 })
      const ids = await Promise.all(processes.stores.map((store) => store.create(50)))
      expect(new Set(ids.flat()).size).toBe(500)
      await using store = open({ table: 'sess_sessions', prepare, migrate: false })
      expect(await store.count()).toBe(500)

      const { id } = await store.create({ data: { n: 0 } })
      await Promise.all(processes.stores.map((store) => store.add(10, id)))
      expect((await store.load(id))?.data).toEqual({ n: 100 })
    })
  })
}

onServer('postgres15', 'the schema', async () => {
  const { schema, admin, open } = await ownSchema()
  const columnsOf = (table: string) =>
    admin`select column_name, data_type, collation_name from information_schema.columns
      where table_schema = ${schema} and table_name = ${table} order by 1`

  test('as it is printed is the one that the store makes, can be run again, and does without migrations', async () => {
    await admin.unsafe(postgresSchema({ table: 'printed', schema }))
    await admin.unsafe(postgresSchema({ table: 'printed', schema }))
    await using store = open({ table: 'printed', migrate: false })
    await using migrated = open({ table: 'migrated' })
    await Promise.all([store.create(), migrated.create()])
    expect(await store.count()).toBe(1)
    for (const suffix of ['', '_states']) {
      expect(await columnsOf(`printed${suffix}`)).toEqual(await columnsOf(`migrated${suffix}`))
    }
  })

  test('that is missing is SESS_CONFIG with migrate: false, and nothing is made', async () => {
    await using store = open({ table: 'missing', migrate: false })
    await expect(store.create()).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    await admin.unsafe(postgresSchema({ table: 'missing', schema }))
    await store.create()
  })

  test('that is newer than the package is SESS_CONFIG', async () => {
    await admin.unsafe(postgresSchema({ table: 'newer', schema }))
    await admin`update ${admin(schema)}.sess_schema set version = 99, readable_by = 99 where table_name = 'newer'`
    for (const migrate of [true, false]) {
      await using store = open({ table: 'newer', migrate })
      await expect(store.load('x')).rejects.toThrow(/99.*upgrade/)
    }
  })

  test('of somebody else’s table is SESS_CONFIG, and the table is left alone', async () => {
    await admin.unsafe(`create table ${schema}.foreigner (id int)`)
    await using store = open({ table: 'foreigner' })
    await expect(store.create()).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    expect(await columnsOf('foreigner')).toHaveLength(1)
  })

  test('is looked for where `schema` says, not where another has tables of the name', async () => {
    const other = await ownSchema()
    await using here = open({ table: 'twice' })
    await using there = other.open({ table: 'twice' })
    await here.create()
    expect(await there.count()).toBe(0)
  })

  test('takes no name that is more than a name', () => {
    for (const name of ['a"b', 'a.b', 'a;', '', 'é', 'a'.repeat(64)]) {
      expect(() => postgresSchema({ table: name })).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
      expect(() => postgresSchema({ schema: name })).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
      expect(() => open({ table: name })).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
    }
  })
})
