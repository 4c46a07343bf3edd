import { once } from 'node:events'
import { isSessionError } from '@sess/core'
import { mysqlStore } from '@sess/mysql'
import { shared, start, startProxy } from '@sess/testkit'
import mysql from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

describe.each(engines)('%s', (name) => {
  test('killed and restarted, the server serves the same stores again, and what was written is there', async () => {
    await using server = await start(name)
    const pool = mysql.createPool({ uri: server.url, connectionLimit: 4 })
    const own = mysqlStore({ url: server.url })
    const shares = mysqlStore({ pool })
    const { id } = await own.create({ data: { n: 1 } })
    await shares.load(id)

    await server.kill()
    for (const store of [own, shares]) {
      await expect(store.load(id)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    }
    await server.restart()
    for (const store of [own, shares]) {
      expect((await untilAvailable(() => store.load(id)))?.data).toEqual({ n: 1 })
    }
    await own.close()
    await shares.close()
    await pool.query('do 0')
    await pool.end()
  }, 60_000)

  test('unreachable at first, it poisons nothing: the same store works as soon as it can be reached', async () => {
    const server = await shared(name)
    const proxy = await startProxy(server)
    await proxy.refuse()
    const table = freshTable()
    const store = mysqlStore({ url: proxy.through(server.url), table })
    await expect(store.create()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    await proxy.restore()
    expect(await store.exists((await store.create()).id)).toBe(true)
    await store.close()
    await proxy.close()
    await asRoot(server, (root) => dropTables(root, table))
  })

  test.each(['own', 'handed in'])(
    'stalled, it is SESS_TIMEOUT in time, and works again later: connections %s',
    async (whose) => {
      const server = await shared(name)
      const proxy = await startProxy(server)
      const table = freshTable()
      const url = proxy.through(server.url)
      const pool = mysql.createPool({ uri: url, connectionLimit: 2, connectTimeout: 500 })
      const store = mysqlStore({ ...(whose === 'own' ? { url, max: 2 } : { pool }), table, timeoutMs: 500 })
      const { id } = await store.create()

      proxy.stall()
      const asked = performance.now()
      const outcomes = await Promise.allSettled([store.load(id), store.touch(id), store.create(), store.count()])
      expect(performance.now() - asked).toBeLessThan(2_000)
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ reason: { code: 'SESS_TIMEOUT', retryable: true } })
      proxy.resume()
      proxy.cut()
      expect((await untilAvailable(() => store.load(id)))?.id).toBe(id)
      expect(await store.touch(id)).not.toBeNull()
      await store.close()
      await pool.end()
      await proxy.close()
      await asRoot(server, (root) => dropTables(root, table))
    },
  )

  test('connections that the server ends while they are idle end nothing else', async () => {
    const server = await shared(name)
    const table = freshTable()
    const pool = mysql.createPool({ uri: server.url, connectionLimit: 3 })
    const store = mysqlStore({ pool, table })
    const { id } = await store.create()
    await Promise.all([store.load(id), store.count(), store.touch(id)])
    const ends: Promise<unknown>[] = []
    const connections = await Promise.all([1, 2, 3].map(() => pool.getConnection()))
    await asRoot(server, async (root) => {
      for (const connection of connections) {
        ends.push(once(connection.connection, 'error').catch(() => {}))
        connection.release()
        await root.query(`kill ${connection.threadId}`)
      }
    })
    await Promise.all(ends)
    expect((await untilAvailable(() => store.load(id)))?.id).toBe(id)
    await store.close()
    await pool.end()
    await asRoot(server, (root) => dropTables(root, table))
  })
})

/** Tries again what says itself that it may be tried again. */
async function untilAvailable<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isSessionError(error) || !error.retryable) throw error
    }
  }
}
