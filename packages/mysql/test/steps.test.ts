import { mysqlStore } from '@sess/mysql'
import { shared } from '@sess/testkit'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

const who = { providerId: 'github', externalId: 'user_888' }

describe.each(engines)('on %s', async (name) => {
  const server = await shared(name)
  const ends: (() => Promise<unknown>)[] = []
  afterEach(() => vi.restoreAllMocks())
  afterAll(async () => {
    for (const end of ends.toReversed()) await end()
  })

  function open(query = '') {
    const table = freshTable()
    const store = mysqlStore<{ n: number }>({
      url: server.url + query,
      table,
      cleanupInterval: false,
      timeoutMs: 20_000,
    })
    ends.push(
      () => asRoot(server, (root) => dropTables(root, table)),
      () => store.close(),
    )
    return { store, table }
  }
  const many = (count: number) => Array.from({ length: count }, (_, n) => n)

  test('a clean-up removes what has expired in many steps, within one slot of the index and beyond it', async () => {
    const { store, table } = open()
    const live = await store.create({ data: { n: -1 } })
    await asRoot(server, async (root) => {
      const hour = 3_600_000
      const rows = many(1_300).map((n) => {
        const expiresAt = n < 600 ? Date.now() - hour : Date.now() - 2 * hour - n * 10_000
        return [`key-${n}`, 'v', 0, expiresAt, Math.floor(expiresAt / 2 ** 19), null, null, null, null, '{}']
      })
      await root.query(`insert into ${table} values ?`, [rows])
      await root.query(`insert into ${table}_states values ?`, [many(700).map((n) => [`state-${n}`, 5, '{}'])])
    })
    expect(await store.cleanExpired()).toBe(1_300)
    expect(await store.cleanExpired()).toBe(0)
    await asRoot(server, async (root) => {
      const [[left]] = (await root.query(
        `select (select count(*) from ${table}) as sessions, (select count(*) from ${table}_states) as states`,
      )) as unknown as [[unknown]]
      expect(left).toEqual({ sessions: 1, states: 0 })
    })
    expect(await store.load(live.id)).toEqual(live)
  })

  test('a clean-up leaves a row that somebody has locked, and waits for nobody', async () => {
    const { store, table } = open()
    await store.count()
    await asRoot(server, async (root) => {
      const rows = many(20).map((n) => [`key-${n}`, 'v', 0, 1000, 0, null, null, null, null, '{}'])
      await root.query(`insert into ${table} values ?`, [rows])
      const other = await root.getConnection()
      await other.query('start transaction')
      await other.query(`select 1 from ${table} where \`key\` = 'key-7' for update`)
      expect(await store.cleanExpired()).toBe(19)
      await other.query('rollback')
      other.release()
    })
    expect(await store.cleanExpired()).toBe(1)
  })

  test('a session that becomes another person’s while many are ended stays', async () => {
    const { store, table } = open()
    await Promise.all(many(700).map((n) => store.create({ identity: who, data: { n } })))
    await asRoot(server, async (root) => {
      const other = await root.getConnection()
      await other.query('start transaction')
      await other.query(`update ${table} set identity_key = 'another' order by \`key\` limit 1`)
      const ended = store.deleteByIdentity(who)
      const waiting = async () => {
        const [rows] = await root.query(`select 1 from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`)
        return rows
      }
      // MySQL renews what this table says only after it has been left alone for 0.1 s.
      await expect.poll(waiting, { timeout: 15_000, interval: 200 }).not.toHaveLength(0)
      await other.query('commit')
      other.release()
      expect(await ended).toBe(699)
    })
    expect(await store.count()).toBe(1)
  })

  test('a process whose clock is ahead cleans away nothing that lives for all others', async () => {
    const clock = vi.spyOn(Date, 'now')
    const { store } = open()
    const live = await store.create({ data: { n: 1 }, ttl: '1h' })
    const ahead = Date.now() + 2 * 3_600_000
    clock.mockImplementation(() => ahead)
    expect(await store.cleanExpired()).toBe(0)
    clock.mockImplementation(() => ahead - 2 * 3_600_000)
    expect(await store.load(live.id)).toEqual(live)
  })

  test('many sessions of one person are all listed and all ended, those that are rotated meanwhile too', async () => {
    const { store } = open()
    const made = await Promise.all(many(700).map((n) => store.create({ identity: who, data: { n } })))
    expect((await store.listByIdentity(who)).map(({ data }) => data.n).sort((a, b) => a - b)).toEqual(many(700))
    const rotations = made.slice(0, 300).map(({ id }) => store.rotate(id))
    const listing = store.listByIdentity(who)
    await Promise.all(rotations)
    const listed = new Set((await listing).map(({ data }) => data.n))
    expect(listed.size).toBe(700)
    const again = made.slice(300, 500).map(({ id }) => store.rotate(id))
    const ended = await store.deleteByIdentity(who)
    const rotated = (await Promise.all(again)).filter((session) => session !== null)
    expect(ended).toBe(700)
    expect(await Promise.all(rotated.map(({ id }) => store.exists(id)))).not.toContain(true)
    expect(await store.count()).toBe(0)
  })
})
