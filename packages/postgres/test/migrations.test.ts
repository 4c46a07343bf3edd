import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { postgresSchema } from '@sess/postgres'
import { afterEach, expect, test } from 'vitest'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill()
})

async function creator(...args: string[]): Promise<ChildProcess> {
  const [program, imports] = ['creator.ts', 'source-imports.ts'].map((name) =>
    join(import.meta.dirname, 'processes', name),
  )
  const child = fork(program ?? '', args, { execArgv: ['--import', imports ?? '', '--no-warnings'] })
  children.push(child)
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the process ended with ${code}`)))
  ended.catch(() => {})
  await Promise.race([once(child, 'message'), ended])
  return child
}

for (const { server, prepare } of [
  { server: 'postgres15', prepare: true },
  { server: 'pgbouncer', prepare: false },
] as const) {
  onServer(server, `on ${server}`, async () => {
    const { url, schema, open } = await ownSchema(server)

    test('ten processes that start at once make the tables once', { timeout: 60_000 }, async () => {
      const creators = await Promise.all(Array.from({ length: 10 }, () => creator(url, schema, String(prepare))))
      const outcomes = creators.map(async (child) => {
        child.send('create')
        return (await once(child, 'message'))[0]
      })
      expect(await Promise.all(outcomes)).toEqual(Array.from({ length: 10 }, () => 'created'))
      await using store = open({ table: 'sess_sessions', prepare, migrate: false })
      expect(await store.count()).toBe(10)
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
    await admin`update ${admin(schema)}.sess_schema set version = 99 where table_name = 'newer'`
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
