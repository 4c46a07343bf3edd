import type { SessionStore } from '@sess/core'
import { mysqlStore } from '@sess/mysql'
import { start } from '@sess/testkit'
import mysql, { type RowDataPacket } from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { engines } from './engines.ts'
import { asRoot } from './harness.ts'

const identity = { providerId: 'github', externalId: 'user_888' }

/** Each changes what statements do or answer, for every connection that does not say otherwise. */
const changing = {
  'sql_select_limit = 1': true,
  'sql_safe_updates = 1': false,
  'completion_type = 1': false,
  'completion_type = 2': false,
  'max_join_size = 1': false,
  'autocommit = 0': false,
  'max_sort_length = 8': false,
  'character_set_connection = utf16': false,
} as const

/** Everything where a setting could cut, refuse or lose something. */
async function useEverything(store: SessionStore, other: SessionStore) {
  const sessions = await Promise.all([
    store.create({ identity }),
    store.create({ identity }),
    store.create({ identity }),
  ])
  const loaded = await Promise.all(sessions.map(({ id }) => store.load(id)))
  expect(loaded.map((session) => session?.id)).toEqual(sessions.map(({ id }) => id))
  await Promise.all(sessions.map((session) => store.save({ ...session, data: { n: 1 } })))
  const [first, second, third] = sessions as [(typeof sessions)[0], (typeof sessions)[0], (typeof sessions)[0]]
  expect((await Promise.all(sessions.map(({ id }) => store.touch(id)))).every((at) => at !== null)).toBe(true)
  await store.update(first.id, ({ data }) => {
    data.n = 2
  })
  const rotated = await store.rotate(first.id)
  // What was told done is there for others at once.
  expect((await other.load(rotated?.id ?? ''))?.data).toEqual({ n: 2 })
  expect((await other.load(second.id))?.data).toEqual({ n: 1 })
  expect(await store.listByIdentity(identity)).toHaveLength(3)
  expect(await store.delete(third.id)).toBe(true)
  expect(await other.exists(third.id)).toBe(false)
  expect(await store.consumeState(await store.putState())).not.toBeNull()
  let listed = 0
  for await (const _ of store.entries()) listed += 1
  expect(listed).toBe(2)
  await store.cleanExpired()
  expect(await store.deleteByIdentity(identity)).toBe(2)
  expect(await other.count()).toBe(0)
}

describe.each(engines)('%s', (name) => {
  test('the settings of the server change nothing for connections of the store', async () => {
    await using server = await start(name)
    await using plain = mysqlStore({ url: server.url })
    await plain.ping()
    await asRoot(server, async (root) => {
      for (const setting of Object.keys(changing)) {
        await root.query(`set global ${setting}`)
        {
          await using store = mysqlStore({ url: server.url })
          await useEverything(store, plain)
        }
        // What was done is done: closing the store loses nothing.
        await root.query(`set global ${setting.replace(/=.*/, '= default')}`)
      }
    })
  }, 120_000)

  test.each(Object.entries(changing))(
    'a pool that was handed in with %s is told of it, or works all the same',
    async (setting, mayWork) => {
      await using server = await start(name)
      await using plain = mysqlStore({ url: server.url })
      await plain.ping()
      const pool = mysql.createPool(server.url)
      pool.on('connection', (connection) => void connection.query(`set session ${setting}`))
      const store = mysqlStore({ pool })
      const outcome = await useEverything(store, plain).then(
        () => 'works',
        (error) => error,
      )
      if (outcome !== 'works') {
        expect(outcome).toMatchObject({
          code: 'SESS_CONFIG',
          message: expect.stringMatching(/set (sql_|character_set_)/),
        })
        expect(outcome.message).toContain(
          setting.startsWith('max_join_size') ? 'sql_big_selects' : setting.split(' ')[0],
        )
      } else expect(mayWork).toBeDefined()
      await store.close()
      await pool.end()
    },
    60_000,
  )

  test('connections of the store carry the limits of the server, those of a pool are left alone', async () => {
    await using server = await start(name)
    await using store = mysqlStore({ url: server.url, timeoutMs: 10_000 })
    await store.ping()
    const limit = name === 'mariadb' ? 'max_statement_time' : 'max_execution_time'
    await asRoot(server, async (root) => {
      const pool = mysql.createPool({ uri: server.url, connectionLimit: 1 })
      await using shares = mysqlStore({ pool })
      const session = async () => {
        const [rows] = await pool.query<RowDataPacket[]>(
          `select @@innodb_lock_wait_timeout as row_lock, @@lock_wait_timeout as table_lock, @@${limit} as statement`,
        )
        return rows[0]
      }
      const before = await session()
      await shares.ping()
      await shares.create()
      expect(await session()).toEqual(before)
      await pool.end()
      await root.query('do 0')
    })
  }, 60_000)
})
