import { createHash } from 'node:crypto'
import { isSessionError } from '@sess/core'
import { mysqlStore } from '@sess/mysql'
import { type Address, shared, start, startProxy } from '@sess/testkit'
import mysql, { type Pool, type RowDataPacket } from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { type Engine, engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

const keyOf = (id: string) => createHash('sha256').update(id).digest('base64url')

const codeOf = (error: unknown) => (isSessionError(error) ? error.code : String(error))

/** A user of the test's own, so that its connections can be counted; a table; and root, who is another. */
async function withUser(
  name: Engine,
  use: (given: { url: string; user: string; table: string; root: Pool; server: Address }) => Promise<void>,
) {
  const server = await shared(name)
  const user = freshTable()
  const table = freshTable()
  await asRoot(server, async (root) => {
    await root.query(`create user '${user}'@'%' identified by 'p'`)
    await root.query(`grant all on test.* to '${user}'@'%'`)
    const url = server.url.replace('root@', `${user}:p@`)
    {
      // The table is made with all the time that it needs; the stores of the tests have little.
      await using maker = mysqlStore({ url, table, cleanupInterval: false })
      await maker.ping()
    }
    try {
      await use({ url, user, table, root, server })
    } finally {
      await dropTables(root, table)
      await root.query(`drop user '${user}'@'%'`)
    }
  })
}

async function connectionsOf(root: Pool, user: string): Promise<number> {
  const [rows] = await root.query<RowDataPacket[]>('show processlist')
  return rows.filter(({ User }) => User === user).length
}

describe.each(engines)('%s: what is not answered in time', (name) => {
  test.each(['save', 'delete'] as const)(
    'never takes effect after a later write that was told done: %s, behind the lock of a dump',
    (kind) =>
      withUser(name, async ({ url, table, root }) => {
        const store = mysqlStore<{ v: number }>({ url, table, timeoutMs: 1_500, cleanupInterval: false })
        for (let round = 0; round < 2; round += 1) {
          const session = await store.create({ data: { v: 0 } })
          const dump = await root.getConnection()
          await dump.query(`lock tables ${table} read`)
          const late = kind === 'save' ? store.save({ ...session, data: { v: 1 } }) : store.delete(session.id)
          expect(codeOf(await late.catch((error) => error))).toBe('SESS_TIMEOUT')
          const later = store.save({ ...session, data: { v: 2 } }).then(
            () => 'saved',
            (error) => codeOf(error),
          )
          await dump.query('unlock tables')
          dump.release()
          // A removal that was carried out after all came before: then there is nothing to save.
          const told = await later
          expect(kind === 'delete' ? ['saved', 'SESS_GONE'] : ['saved']).toContain(told)
          const data = told === 'saved' ? { v: 2 } : undefined
          expect((await store.load(session.id))?.data).toEqual(data)
          // Whatever was still to come has come once another statement of its key was answered.
          expect(await store.touch(session.id)).toEqual(told === 'saved' ? expect.any(Date) : null)
          expect((await store.load(session.id))?.data).toEqual(data)
        }
        await store.close()
      }),
    20_000,
  )

  test.each(['own', 'handed in'] as const)(
    'leaves nothing at the server: connections %s stay within max and one more, behind an exclusive lock',
    (whose) =>
      withUser(name, async ({ url, user, table, root }) => {
        const pool = mysql.createPool({ uri: url, connectionLimit: 4 })
        const connection = whose === 'own' ? { url, max: 4 } : { pool }
        const store = mysqlStore({ ...connection, table, timeoutMs: 1_000, cleanupInterval: false })
        const ids = (await Promise.all(Array.from({ length: 8 }, () => store.create()))).map(({ id }) => id)
        const altering = await root.getConnection()
        await altering.query(`lock tables ${table} write`)
        let most = 0
        for (let round = 0; round < 3; round += 1) {
          const calls = ids.flatMap((id) => [store.load(id), store.touch(id), store.update(id, () => {})])
          const counting = (async () => {
            let open = true
            void Promise.allSettled(calls).then(() => {
              open = false
            })
            while (open) most = Math.max(most, await connectionsOf(root, user))
          })()
          for (const outcome of await Promise.allSettled([...calls, store.count()])) {
            expect(outcome).toMatchObject({ reason: { code: 'SESS_TIMEOUT', retryable: true } })
          }
          await counting
        }
        expect(most).toBeGreaterThan(1)
        expect(most).toBeLessThanOrEqual(5)
        await altering.query('unlock tables')
        altering.release()
        for (const id of ids) expect((await store.load(id))?.id).toBe(id)
        expect((await Promise.all(ids.map((id) => store.touch(id)))).every((at) => at !== null)).toBe(true)
        await store.close()
        await pool.end()
        while ((await connectionsOf(root, user)) > 0) {}
      }),
    30_000,
  )

  test('keeps no read waiting while it waits itself: writes of locked rows do not take all connections', () =>
    withUser(name, async ({ url, table, root }) => {
      const store = mysqlStore({ url, table, max: 4, coalesce: false, cleanupInterval: false })
      const expiresAt = new Date(Date.now() + 60_000)
      for (const id of ['free', ...Array.from({ length: 8 }, (_, n) => `locked-${n}`)])
        await store.save({ id, expiresAt })
      const holder = await root.getConnection()
      await holder.query('set transaction isolation level read committed')
      await holder.query('start transaction')
      await holder.query(`select * from ${table} where \`key\` <> ? for update`, [keyOf('free')])
      let answered = 0
      const touched = Array.from({ length: 8 }, (_, n) =>
        store.touch(`locked-${n}`).finally(() => {
          answered += 1
        }),
      )
      for (let round = 0; round < 20; round += 1) expect((await store.load('free'))?.id).toBe('free')
      expect(answered).toBe(0)
      await holder.query('rollback')
      holder.release()
      await Promise.all(touched)
      await store.close()
    }))

  test('is settled when the connection is cut under it, only once the server has let go of it', () =>
    withUser(name, async ({ url, table, root, server }) => {
      await using proxy = await startProxy(server)
      const store = mysqlStore<{ v: number }>({
        url: proxy.through(url),
        table,
        timeoutMs: 4_000,
        cleanupInterval: false,
      })
      const session = await store.create({ data: { v: 0 } })
      const dump = await root.getConnection()
      await dump.query(`lock tables ${table} read`)
      const first = store.save({ ...session, data: { v: 1 } }).catch((error) => error)
      const waiting = async () => {
        const [rows] = await root.query<RowDataPacket[]>('show full processlist')
        return rows.some(({ Info, State }) => String(Info).includes(table) && /lock/i.test(String(State)))
      }
      while (!(await waiting())) {}
      proxy.cut()
      expect(codeOf(await first)).toBe('SESS_UNAVAILABLE')
      expect(await waiting()).toBe(false)
      const second = store.save({ ...session, data: { v: 2 } })
      await dump.query('unlock tables')
      dump.release()
      await second
      expect((await store.load(session.id))?.data).toEqual({ v: 2 })
      await store.close()
    }))

  test('is ended by the server itself where it can: own connections carry its limits, a little below timeoutMs', () =>
    withUser(name, async ({ url, table, root }) => {
      const store = mysqlStore({ url, table, timeoutMs: 3_000, cleanupInterval: false })
      const expiresAt = new Date(Date.now() + 60_000)
      await store.save({ id: 'locked', expiresAt })
      const holder = await root.getConnection()
      await holder.query('start transaction')
      await holder.query(`select * from ${table} where \`key\` = ? for update`, [keyOf('locked')])
      await expect(store.touch('locked')).rejects.toMatchObject({
        code: 'SESS_TIMEOUT',
        retryable: true,
        cause: { code: 'ER_LOCK_WAIT_TIMEOUT' },
      })
      await holder.query('rollback')
      holder.release()
      await store.close()
    }))
})

describe.each(engines)('%s: a read whose connection died before it answered', (name) => {
  test.each(['own', 'handed in'] as const)('is asked once more, and answered: connections %s', (whose) =>
    withUser(name, async ({ url, table, server }) => {
      await using proxy = await startProxy(server)
      const pool = mysql.createPool({ uri: proxy.through(url), connectionLimit: 4 })
      const store = mysqlStore({ ...(whose === 'own' ? { url: proxy.through(url), max: 4 } : { pool }), table })
      const { id } = await store.create()
      await Promise.all([store.load(id), store.count(), store.ping()])
      for (let round = 0; round < 3; round += 1) {
        // As a process that was frozen: it asks before it hears that its connections are gone.
        proxy.cut()
        expect((await store.load(id))?.id).toBe(id)
        proxy.cut()
        expect(await store.count()).toBe(1)
      }
      await store.close()
      await pool.end()
    }),
  )

  test('is an error in time where the server cannot be reached', () =>
    withUser(name, async ({ url, table, server }) => {
      await using proxy = await startProxy(server)
      const store = mysqlStore({ url: proxy.through(url), table })
      const { id } = await store.create()
      await proxy.refuse()
      await expect(store.load(id)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
      await store.close()
    }))
})

test.each(engines)(
  '%s: close resolves in time while the server is silent, and what is late is under way',
  async (name) => {
    await using server = await start(name)
    await using proxy = await startProxy(server)
    const store = mysqlStore({ url: proxy.through(server.url), timeoutMs: 500, cleanupInterval: false })
    const { id } = await store.create()
    proxy.stall()
    await expect(store.touch(id)).rejects.toMatchObject({ code: 'SESS_TIMEOUT' })
    await store.close()
    await expect(store.load(id)).rejects.toMatchObject({ code: 'SESS_CLOSED' })
  },
)
