import { afterEach, expect, test, vi } from 'vitest'
import { ownSchema } from './server.ts'

const server = await ownSchema('postgres-newest')
const who = { providerId: 'github', externalId: 'user_888' }
const many = (count: number) => Array.from({ length: count }, (_, n) => n)
afterEach(() => vi.restoreAllMocks())

test('a clean-up removes what has expired in many steps, of one slot of the index and of many', async () => {
  const store = server.open({ table: 'cleaned', cleanupInterval: false, timeoutMs: 20_000 })
  const live = await store.create({ data: { n: -1 } })
  const old = `${Date.now() - 3_600_000} - (case when n < 5000 then 0 else n * 10000 end)`
  await server.admin.unsafe(`insert into ${server.schema}.cleaned
    select 'key-' || n, 'v', 0, ${old}, (${old}) >> 19, null, null, null, null, '{}' from generate_series(1::bigint, 9000) as n`)
  await server.admin.unsafe(`insert into ${server.schema}.cleaned_states
    select 'state-' || n, 5, '{}' from generate_series(1, 5000) as n`)
  expect(await store.cleanExpired()).toBe(9_000)
  expect(await store.cleanExpired()).toBe(0)
  const left = await server.admin.unsafe(`select count(*)::int as n from ${server.schema}.cleaned
    union all select count(*)::int from ${server.schema}.cleaned_states`)
  expect(left.map(({ n }) => n)).toEqual([1, 0])
  expect(await store.load(live.id)).toEqual(live)
  await store.close()
})

test('a process whose clock is ahead cleans away nothing that lives for all others', async () => {
  const clock = vi.spyOn(Date, 'now')
  const store = server.open({ cleanupInterval: false })
  const live = await store.create({ data: { n: 1 }, ttl: '1h' })
  const ahead = Date.now() + 2 * 3_600_000
  clock.mockImplementation(() => ahead)
  expect(await store.cleanExpired()).toBe(0)
  clock.mockImplementation(() => ahead - 2 * 3_600_000)
  expect(await store.load(live.id)).toEqual(live)
  await store.close()
})

test('many sessions of one person are all listed and all ended, those that are rotated meanwhile too', async () => {
  const store = server.open({ cleanupInterval: false, timeoutMs: 20_000 })
  const made = await Promise.all(many(700).map((n) => store.create({ identity: who, data: { n } })))
  const rotations = made.slice(0, 300).map(({ id }) => store.rotate(id))
  const listing = store.listByIdentity(who)
  await Promise.all(rotations)
  expect(new Set((await listing).map(({ data }) => data.n)).size).toBe(700)
  const again = made.slice(300, 500).map(({ id }) => store.rotate(id))
  expect(await store.deleteByIdentity(who)).toBe(700)
  const rotated = (await Promise.all(again)).filter((session) => session !== null)
  expect(await Promise.all(rotated.map(({ id }) => store.exists(id)))).not.toContain(true)
  expect(await store.count()).toBe(0)
  await store.close()
})

test('a session that becomes another person’s while many are ended stays', async () => {
  const store = server.open({ table: 'changing', cleanupInterval: false, timeoutMs: 20_000 })
  const table = `${server.schema}.changing`
  await Promise.all(many(700).map((n) => store.create({ identity: who, data: { n } })))
  const other = await server.admin.reserve()
  await other`begin`
  // The row that comes first, so that it is among those of the first step that names keys.
  await other.unsafe(`update ${table} set identity_key = 'another' where ctid = (select min(ctid) from ${table})`)
  const ended = store.deleteByIdentity(who)
  const waiting = () => server.admin`select 1 from pg_stat_activity
    where wait_event_type = 'Lock' and query like ${`%${server.schema}%changing%`}`
  await expect.poll(waiting, { timeout: 20_000 }).not.toHaveLength(0)
  await other`commit`
  other.release()
  expect(await ended).toBe(699)
  expect(await store.count()).toBe(1)
  await store.close()
})

test('a clean-up leaves a row that somebody has locked, and waits for nobody', async () => {
  const store = server.open({ table: 'skipped', cleanupInterval: false, timeoutMs: 2_000 })
  const table = `${server.schema}.skipped`
  await store.count()
  await server.admin.unsafe(`insert into ${table}
    select 'key-' || n, 'v', 0, 1000, 0, null, null, null, null, '{}' from generate_series(1, 20) as n`)
  const other = await server.admin.reserve()
  await other.unsafe(`begin; select 1 from ${table} where key = 'key-7' for update`)
  expect(await store.cleanExpired()).toBe(19)
  await other`rollback`
  other.release()
  expect(await store.cleanExpired()).toBe(1)
  await store.close()
})

test('sessions without a person are in no index of persons, created alone or together', async () => {
  const store = server.open({ table: 'anonymous', cleanupInterval: false })
  await store.create()
  const made = await Promise.all(many(5).map(() => store.create({ data: { n: 1 } })))
  await Promise.all(made.map((session) => store.save({ ...session, data: { n: 2 } })))
  const [row] = await server.admin.unsafe(`select count(identity_key)::int as n from ${server.schema}.anonymous`)
  expect(row?.n).toBe(0)
  await store.close()
})
