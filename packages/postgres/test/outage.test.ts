import { isSessionError } from '@sess/core'
import { postgresStore } from '@sess/postgres'
import { start, startProxy } from '@sess/testkit'
import postgres from 'postgres'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

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

/** Asks until there is an answer: an outage has an end in real time. */
const answered = <T>(ask: () => Promise<T>) =>
  expect.poll(() => ask().then(() => 'answered', String), { timeout: 20_000 }).toBe('answered')

onServer('postgres15', 'a server of its own', async () => {
  const server = await start('postgres15')
  afterAll(() => server.stop())

  test.each([
    { whose: 'the store’s own', connect: () => ({ url: server.url }), table: 'own' },
    {
      whose: 'the application’s',
      connect: () => ({ sql: postgres(server.url, { onnotice() {}, backoff: () => 0.05 }) }),
      table: 'given',
    },
  ])('killed and restarted, with a client that is $whose', { timeout: 60_000 }, async ({ connect, table }) => {
    const config = connect()
    const store = postgresStore<{ n: number }>({ ...config, table, timeoutMs: 2_000 })
    const { id } = await store.create({ data: { n: 1 } })
    await server.kill()
    for (const call of [() => store.load(id), () => store.touch(id), () => store.count(), () => store.ping()]) {
      const error = await call().catch((error: unknown) => error)
      expect(isSessionError(error, 'SESS_UNAVAILABLE') || isSessionError(error, 'SESS_TIMEOUT')).toBe(true)
      expect(error).toMatchObject({ retryable: true })
    }
    await server.restart()
    await answered(() => store.load(id))
    expect((await store.load(id))?.data).toEqual({ n: 1 })
    await store.close()
    await ('sql' in config ? config.sql?.end({ timeout: 1 }) : undefined)
  })

  test('away at the first use', { timeout: 60_000 }, async () => {
    await using store = postgresStore({ url: server.url, table: 'first', timeoutMs: 1_000 })
    await server.kill()
    await expect(store.create()).rejects.toMatchObject({ retryable: true })
    await expect(store.create()).rejects.toMatchObject({ retryable: true })
    await server.restart()
    await answered(() => store.create())
  })
})

onServer('postgres15', 'connections', async () => {
  const { url, host, port, schema, admin, open } = await ownSchema()
  const connectionsOf = (name: string) =>
    admin<{ pid: number }[]>`select pid from pg_stat_activity where application_name = ${name}`
  const named = (address: string, name: string) => `${address}?application_name=${name}`

  test('that die idle are replaced', async () => {
    await using store = open({ url: named(url, 'dies_idle') })
    const { id } = await store.create()
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dies_idle'`
    await answered(() => store.load(id))
    expect(await store.load(id)).not.toBeNull()
  })

  test('that die under a statement reject it, and are replaced', async () => {
    await using store = open({ url: named(url, 'dies_busy'), table: 'busy' })
    const { id } = await store.create()
    const holder = await admin.reserve()
    await holder`begin`
    await holder.unsafe(`lock table ${schema}.busy`)
    const waiting = store.touch(id)
    waiting.catch(() => {})
    await expect.poll(async () => (await waitingOf(admin, 'dies_busy')).length).toBe(1)
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dies_busy'`
    await expect(waiting).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    await holder`rollback`
    holder.release()
    await answered(() => store.touch(id))
  })

  test('that die while the tables are made leave the store usable', async () => {
    const holder = await admin.reserve()
    await holder`select pg_advisory_lock(1936024435, 1)`
    await using store = open({ url: named(url, 'dies_migrating') })
    const created = store.create()
    created.catch(() => {})
    await expect.poll(async () => (await waitingOf(admin, 'dies_migrating')).length).toBe(1)
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dies_migrating'`
    await expect(created).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    await holder`select pg_advisory_unlock(1936024435, 1)`
    holder.release()
    await answered(() => store.create())
  })

  test('whose server stops answering are given up after timeoutMs, and new ones made', async () => {
    await using proxy = await startProxy({ host, port })
    await using store = open({ url: named(proxy.through(url), 'stalls'), timeoutMs: 500 })
    const { id } = await store.create()
    const before = (await connectionsOf('stalls')).map(({ pid }) => pid)
    proxy.stall()
    const started = performance.now()
    await expect(store.load(id)).rejects.toMatchObject({ code: 'SESS_TIMEOUT', retryable: true })
    expect(performance.now() - started).toBeLessThan(3_000)
    // By the end of this one the connection of the first has been given up: not answered at the last moment.
    await expect(store.load(id)).rejects.toMatchObject({ retryable: true })
    proxy.resume()
    await answered(() => store.load(id))
    await expect.poll(async () => (await connectionsOf('stalls')).filter(({ pid }) => before.includes(pid))).toEqual([])
  })

  test('are closed with the store, also when the server has stopped answering', async () => {
    await using proxy = await startProxy({ host, port })
    const store = open({ url: named(proxy.through(url), 'closes'), timeoutMs: 500 })
    await store.create()
    proxy.stall()
    const waiting = store.ping().catch(() => {})
    await store.close()
    await waiting
    proxy.resume()
    await expect.poll(() => connectionsOf('closes')).toHaveLength(0)
  })
})

function waitingOf(admin: postgres.Sql, name: string) {
  return admin`select pid from pg_stat_activity where application_name = ${name} and wait_event_type = 'Lock'`
}
