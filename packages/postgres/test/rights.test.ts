import { readFileSync } from 'node:fs'
import type { SessionStore } from '@sess/core'
import { type PostgresConfig, postgresSchema } from '@sess/postgres'
import { expect, test } from 'vitest'
import { type ClientKind, clientKinds, newest } from './clients.ts'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const grants = [...readme.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, sql = '']) => sql)
const [toMigrate = '', toUse = ''] = grants

const own = clientKinds(newest).filter(({ isOwn }) => isOwn)

/** Everything that needs a right. */
async function useAll(store: SessionStore): Promise<void> {
  const identity = { providerId: 'github', externalId: 'user_888' }
  const { id } = await store.create({ identity })
  const session = await store.load(id)
  await store.save({ ...session, id, expiresAt: new Date(Date.now() + 60_000) })
  await store.update(id, () => {})
  await store.touch(id)
  await store.rotate(id)
  await store.consumeState(await store.putState())
  expect(await store.listByIdentity(identity)).toHaveLength(1)
  expect(await store.deleteByIdentity(identity)).toBe(1)
  expect(await store.count()).toBe(0)
  await store.cleanExpired()
  for await (const entry of store.entries()) throw new Error(`${entry.handle} is still there`)
}

onServer('postgres15', 'a role with the rights that the README names', async () => {
  const { schema, admin, open: openUsual, role } = await ownSchema()
  /** With either driver: one each for the kinds of own connections. */
  const open = (kind: ClientKind, { url = '', ...config }: PostgresConfig) =>
    kind.open(url, { schema, ...config }).store
  const grant = (sql: string, name: string, table: string) =>
    admin.unsafe(sql.replaceAll('public', schema).replaceAll('app', name).replaceAll('sess_sessions', table))

  test.each(own)('makes the tables and uses them, over $name', async (kind) => {
    const { name, url } = await role()
    const table = `made_${own.indexOf(kind)}`
    // What records the versions belongs to whoever came first.
    await admin.unsafe(`drop table if exists ${schema}.sess_schema`)
    await grant(toMigrate, name, table)
    await using store = open(kind, { url, table })
    await useAll(store)
  })

  const uses = own.flatMap((kind) => [false, true].map((migrate) => ({ kind, of: kind.name, migrate })))

  test.each(uses)('uses tables that are there, over $of, with migrate: $migrate', async ({ kind, migrate }) => {
    const table = `used_${own.indexOf(kind)}_${migrate}`
    const { name, url } = await role()
    await admin.unsafe(postgresSchema({ table, schema }))
    await grant(toUse, name, table)
    await using store = open(kind, { url, table, migrate })
    await useAll(store)
  })

  test('and not even those is told which kind is lacking', async () => {
    const { name, url } = await role()
    await using maker = openUsual({ url, table: 'refused' })
    await expect(maker.create()).rejects.toMatchObject({ code: 'SESS_CONFIG', cause: { code: '42501' } })
    await admin.unsafe(postgresSchema({ table: 'hidden', schema }))
    await admin.unsafe(`grant usage on schema ${schema} to ${name}`)
    await using user = openUsual({ url, table: 'hidden', migrate: false })
    await expect(user.create()).rejects.toMatchObject({ code: 'SESS_CONFIG', cause: { code: '42501' } })
  })

  test('whose rows row-level security hides: SESS_CONFIG, and with a policy it sees them', async () => {
    const { name, url } = await role()
    await using owner = openUsual({ table: 'guarded' })
    const { id } = await owner.create()
    await grant(toUse, name, 'guarded')
    await admin.unsafe(`alter table ${schema}.guarded enable row level security`)
    const other = await ownSchema()
    await other.open({ table: 'guarded' }).create()
    await using blind = openUsual({ url, table: 'guarded' })
    await expect(blind.load(id)).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining('row-level security'),
    })
    await admin.unsafe(`create policy all_of_them on ${schema}.guarded to ${name} using (true)`)
    expect((await blind.load(id))?.id).toBe(id)
  })
})
