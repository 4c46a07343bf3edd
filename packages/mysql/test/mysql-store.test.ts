import { openStore, registeredStores } from '@sess/core'
import { mysqlSchema, mysqlStore } from '@sess/mysql'
import { shared } from '@sess/testkit'
import callbackMysql from 'mysql2'
import mysql from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { refuseOldServer } from '../src/server-version.ts'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

const url = 'mysql://root@127.0.0.1:3306/test'
const identity = { providerId: 'github', externalId: 'Üser_😀' }
const data = { text: 'é😀 "\\\'\n\u2028 end  ', deep: [{ n: 1.5, none: null }] }

describe('options', () => {
  test('every problem is told at once, and no password', () => {
    const wrong = { url: 'postgres://root:hunter2@db/test', table: 'a b', max: 0, nonsense: 1 } as never
    expect(() => mysqlStore(wrong)).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
    try {
      mysqlStore(wrong)
    } catch (error) {
      for (const path of ['url', 'table', 'max', 'nonsense']) expect(String(error)).toContain(path)
      expect(String(error)).not.toContain('hunter2')
    }
  })

  test('one of pool and url is needed, and max goes with url', async () => {
    const pool = mysql.createPool(url)
    for (const wrong of [{}, { pool, url }, { pool, max: 3 }, { pool: {} }]) {
      expect(() => mysqlStore(wrong as never)).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
    }
    await pool.end()
  })

  test('the DDL is printed for a valid table only', () => {
    expect(mysqlSchema({ table: 'web_sessions' })).toContain('create table if not exists `web_sessions_states`')
    expect(() => mysqlSchema({ table: 'a`b' })).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
  })

  test('the store is registered', () => {
    expect(registeredStores()).toContain('mysql')
  })
})

describe.each(engines)('%s', (name) => {
  test.each(['mysql', 'mariadb'])('a store is opened by a %s: URL, with its options', async (scheme) => {
    const server = await shared(name)
    const table = freshTable()
    const address = server.url.replace(/^mysql:/, `${scheme}:`)
    {
      await using store = await openStore(`${address}?table=${table}&ttl=2h&enableKeepAlive=false`)
      const before = Date.now()
      const { expiresAt } = await store.create()
      expect(expiresAt.getTime() - before).toBeGreaterThanOrEqual(2 * 3_600_000)
    }
    await asRoot(server, async (root) => {
      const [rows] = await root.query(`select count(*) as sessions from ${table}`)
      expect(rows).toEqual([{ sessions: 1 }])
      await dropTables(root, table)
    })
  })

  test('pools of mysql2 and of mysql2/promise both serve, and both stay open', async () => {
    const server = await shared(name)
    const table = freshTable()
    const pools = { callbacks: callbackMysql.createPool(server.url), promises: mysql.createPool(server.url) }
    for (const pool of [pools.callbacks, pools.promises]) {
      const store = mysqlStore({ pool, table })
      const { id } = await store.create({ identity, data })
      expect(await store.load(id)).toMatchObject({ identity, data })
      await store.close()
    }
    await pools.callbacks.promise().query('do 0')
    await pools.promises.query('do 0')
    await pools.callbacks.promise().end()
    await pools.promises.end()
    await asRoot(server, (root) => dropTables(root, table))
  })

  test('ids are told apart byte for byte: by case, by accent, by trailing blanks', async () => {
    const server = await shared(name)
    const table = freshTable()
    {
      await using store = mysqlStore({ url: server.url, table, ids: 'plain' })
      const ids = ['abc', 'ABC', 'abc-', 'abc_']
      for (const id of ids) await store.save({ id, expiresAt: new Date(Date.now() + 60_000), data: { id } })
      for (const id of ids) expect((await store.load(id))?.data).toEqual({ id })
      expect(await store.count()).toBe(ids.length)
    }
    await asRoot(server, async (root) => {
      await root.query(`insert into ${table} select concat(\`key\`, ' '), version, created_at, expires_at, expires_slot,
        deadline, ttl_ms, last_seen_at, identity_key, payload from ${table} limit 1`)
      await dropTables(root, table)
    })
  })

  const modes = {
    mysql9: [
      '',
      'ANSI',
      'ANSI_QUOTES,NO_BACKSLASH_ESCAPES',
      'TRADITIONAL',
      'PIPES_AS_CONCAT,IGNORE_SPACE,HIGH_NOT_PRECEDENCE',
    ],
    mariadb: ['', 'ANSI', 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', 'TRADITIONAL', 'ORACLE', 'EMPTY_STRING_IS_NULL', 'MSSQL'],
  } as const
  test.each([...modes[name]])(
    'whatever the session says, with sql_mode %j: everything works, nothing is cut or changed',
    async (mode) => {
      const server = await shared(name)
      const table = freshTable()
      const pool = mysql.createPool({ uri: server.url, connectionLimit: 2 })
      pool.on('connection', (connection) => {
        connection.query(`set session sql_mode = '${mode}'`)
        connection.query(`set session time_zone = '+13:00'`)
        connection.query('set session transaction isolation level serializable')
        connection.query('set session autocommit = 0')
      })
      const store = mysqlStore({ pool, table })
      const { id } = await store.create({ identity, data, deadline: new Date(Date.now() + 86_400_000) })
      await store.update(id, (session) => {
        session.data.more = 'é😀'.repeat(20_000)
      })
      expect((await store.load(id))?.data).toEqual({ ...data, more: 'é😀'.repeat(20_000) })
      expect(await store.touch(id, { ttl: '1h' })).not.toBeNull()
      const rotated = await store.rotate(id)
      const others = await Promise.all([store.create({ identity }), store.create({ identity }), store.create()])
      expect(await store.listByIdentity(identity)).toHaveLength(3)
      expect(await store.consumeState(await store.putState({ data: { verifier: '😀' } }))).toMatchObject({
        data: { verifier: '😀' },
      })
      let listed = 0
      for await (const _ of store.entries()) listed += 1
      expect(listed).toBe(4)
      expect(await store.deleteByIdentity(identity, { except: rotated?.id ?? '' })).toBe(2)
      expect(await store.cleanExpired()).toBe(0)
      await store.close()
      await pool.end()
      // Another connection sees it: all is committed, though the pool's connections do not commit by themselves.
      await using other = mysqlStore({ url: server.url, table })
      expect(await other.exists(rotated?.id ?? '')).toBe(true)
      expect(await other.exists(others[2].id)).toBe(true)
      await asRoot(server, (root) => dropTables(root, table))
    },
  )

  test.each(['utf8mb4', 'latin1', 'sjis'])(
    'of sessions saved at once over a %s connection, those that are gone fail alone, and none comes back',
    async (charset) => {
      const server = await shared(name)
      const table = freshTable()
      const pool = mysql.createPool({ uri: server.url, charset })
      let now = Date.now()
      const store = mysqlStore({ pool, table, now: () => now })
      const peer = mysqlStore({ url: server.url, table, now: () => now })
      const texts = ['plain', '"quoted"', 'é', '€'.repeat(50), '😀', '\\ \u2028']
      const sessions = await Promise.all(texts.map((text) => store.create({ identity, data: { text } })))
      const expiring = await store.create({ ttl: 1_000 })
      now += 1_000
      const [deleted] = sessions
      expect(await peer.delete(deleted?.id ?? '')).toBe(true)

      for (const session of sessions) Object.assign(session.data, { more: `${session.data.text}"` })
      const late = { ...expiring, expiresAt: new Date(now + 60_000) }
      const saved = await Promise.allSettled([...sessions, late].map((session) => store.save(session)))
      expect(saved.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual([
        'SESS_GONE',
        ...texts.slice(1).map(() => false),
        'SESS_GONE',
      ])
      for (const { id, data } of sessions.slice(1)) expect((await peer.load(id))?.data).toEqual(data)
      const touched = await Promise.all([...sessions, late].map(({ id }) => store.touch(id, { ttl: 5_000 })))
      expect(touched.map((at) => at && at.getTime() - now)).toEqual([null, ...texts.slice(1).map(() => 5_000), null])
      expect(await peer.count()).toBe(texts.length - 1)
      expect(await peer.exists(deleted?.id ?? '')).toBe(false)

      await Promise.all([store.close(), peer.close()])
      await pool.end()
      await asRoot(server, (root) => dropTables(root, table))
    },
  )

  test('no statement gives a warning, of a deprecation or otherwise', async () => {
    const server = await shared(name)
    const table = freshTable()
    const pool = mysql.createPool({ uri: server.url, connectionLimit: 1 })
    const store = mysqlStore({ pool, table })
    await store.ping()
    const warnings = async () => (await pool.query('show warnings'))[0]
    const expiresAt = new Date(Date.now() + 60_000)
    const id = 'a'.repeat(43)
    for (const run of [
      () => store.create(),
      () => store.save({ id, expiresAt, identity }),
      () => store.save({ id, expiresAt, identity }),
      () =>
        store.update(id, ({ data }) => {
          data.n = 1
        }),
      () => store.load(id),
      () => Promise.all([store.load(id), store.load('b'.repeat(43))]),
      () => store.putState(),
      () => store.listByIdentity(identity),
      () => store.count(),
      () => store.cleanExpired(),
      () => store.deleteByIdentity(identity),
    ]) {
      await run()
      expect(await warnings()).toEqual([])
    }
    await store.close()
    await pool.end()
    await asRoot(server, (root) => dropTables(root, table))
  })
})

describe('servers that are too old', () => {
  test.each(['5.7.44-log', '5.5.5-10.5.23-MariaDB-1', '10.3.39-MariaDB'])(
    '%s is SESS_CONFIG, and what is needed is said',
    (version) => {
      expect(() => refuseOldServer(version)).toThrow(/MySQL 8.0 or later, or MariaDB 10.6 or later/)
    },
  )

  test.each(['8.0.36', '9.7.4-2', '5.5.5-10.6.18-MariaDB', '11.4.2-MariaDB-ubu2404'])('%s will do', (version) => {
    refuseOldServer(version)
  })
})
