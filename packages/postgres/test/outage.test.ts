import { isSessionError } from '@sess/core'
import { start, startProxy } from '@sess/testkit'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { faultGround, kinds, patiently, untilDone } from './faults.ts'
import { onServer } from './on-server.ts'
import { ownDatabase } from './server.ts'

const own = kinds.filter(({ isOwn }) => isOwn)

const uncaught: unknown[] = []
const note = (error: unknown) => uncaught.push(error)

beforeEach(() => {
  uncaught.length = 0
  process.on('uncaughtException', note).on('unhandledRejection', note)
})

afterEach(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note)
  expect(uncaught).toEqual([])
})

onServer('postgres15', 'a server of its own', async () => {
  const server = await start('postgres15')
  afterAll(() => server.stop())

  test.each(kinds)('killed and restarted, with a store over $name', { timeout: 60_000 }, async (kind) => {
    const config = { table: `killed_${kinds.indexOf(kind)}`, timeoutMs: 2_000 }
    const { store, endClient } = kind.open<{ n: number }>(server.url, config)
    const { id } = await store.create({ data: { n: 1 } })
    await server.kill()
    for (const call of [() => store.load(id), () => store.touch(id), () => store.count(), () => store.ping()]) {
      const error = await call().catch((error: unknown) => error)
      expect(isSessionError(error, 'SESS_UNAVAILABLE') || isSessionError(error, 'SESS_TIMEOUT')).toBe(true)
      expect(error).toMatchObject({ retryable: true })
    }
    await server.restart()
    await untilDone(() => store.load(id))
    expect((await store.load(id))?.data).toEqual({ n: 1 })
    await store.close()
    await endClient()
  })

  test.each(own)('away at the first use, with a store over $name', { timeout: 60_000 }, async (kind) => {
    const { store } = kind.open(server.url, { table: `first_${kinds.indexOf(kind)}`, timeoutMs: 1_000 })
    await server.kill()
    await expect(store.create()).rejects.toMatchObject({ retryable: true })
    await expect(store.create()).rejects.toMatchObject({ retryable: true })
    await server.restart()
    await untilDone(() => store.create())
    await store.close()
  })
})

onServer('postgres15', 'connections', async () => {
  const { url, host, port, admin, hold, atEnd, openNamed } = await faultGround(await ownDatabase())
  const terminate = (pids: readonly number[]) =>
    admin`select pg_terminate_backend(pid) from unnest(${pids}::int[]) as pid`

  describe.each(kinds)('of a store over $name', (kind) => {
    test('that die idle are replaced', async () => {
      const { store, pids } = await openNamed(kind)
      const { id } = await store.create()
      await terminate(await pids())
      await untilDone(() => store.load(id))
      expect(await store.load(id)).not.toBeNull()
    })

    test('that die under a statement reject it, and are replaced', async () => {
      const { store, pids, table, waiting } = await openNamed(kind)
      const { id } = await store.create()
      const release = await hold(`lock table ${table}`)
      const touched = store.touch(id)
      touched.catch(() => {})
      await expect.poll(waiting, patiently).toHaveLength(1)
      await terminate(await pids())
      await expect(touched).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
      await release()
      await untilDone(() => store.touch(id))
    })

    test('that die while the tables are made leave the store usable', async () => {
      const release = await hold('select pg_advisory_xact_lock(1936024435, 1)')
      const { store, pids, waiting } = await openNamed(kind, { isCold: true })
      const created = store.create()
      created.catch(() => {})
      await expect.poll(waiting, patiently).toHaveLength(1)
      await terminate(await pids())
      await expect(created).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
      await release()
      await untilDone(() => store.create())
    })
  })

  describe.each(own)('of a store over $name', (kind) => {
    const openBehindProxy = async () => {
      const proxy = await startProxy({ host, port })
      atEnd(() => proxy.close())
      return { proxy, ...(await openNamed(kind, { at: proxy.through(url), timeoutMs: 500 })) }
    }

    test('whose server stops answering are given up after timeoutMs, and new ones made', async () => {
      const { proxy, store, pids } = await openBehindProxy()
      const { id } = await store.create()
      const before = await pids()
      proxy.stall()
      const started = performance.now()
      await expect(store.load(id)).rejects.toMatchObject({ code: 'SESS_TIMEOUT', retryable: true })
      expect(performance.now() - started).toBeLessThan(3_000)
      // By the end of this one the connection of the first has been given up: not answered at the last moment.
      await expect(store.load(id)).rejects.toMatchObject({ retryable: true })
      proxy.resume()
      await untilDone(() => store.load(id))
      await expect.poll(async () => (await pids()).filter((pid) => before.includes(pid)), patiently).toEqual([])
    })

    test('are closed with the store, also when the server has stopped answering', async () => {
      const { proxy, store, pids } = await openBehindProxy()
      await store.create()
      proxy.stall()
      const waiting = store.ping().catch(() => {})
      await store.close()
      await waiting
      proxy.resume()
      await expect.poll(() => pids(), patiently).toHaveLength(0)
    })
  })
})
