import { postgresStore } from '@sess/postgres'
import { isSkipped, type RunningStandby, start, startProxy } from '@sess/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

/** As with a name or an address that a failover moves: the same place leads to another server from then on. */
describe.skipIf(isSkipped('postgres-standby'))('a standby that is promoted while a store is in use', () => {
  let servers: RunningStandby
  beforeEach(async () => {
    servers = await start('postgres-standby')
  })
  afterEach(() => servers?.stop())

  test('by an address that moves: what was answered is there, and the same store goes on', {
    timeout: 60_000,
  }, async () => {
    await using place = await startProxy(servers.primary)
    await using store = postgresStore<{ n: number }>({ url: place.through(servers.primary.url), timeoutMs: 2_000 })
    const answered: string[] = []
    let isOver = false
    const signIns = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        await store.create({ data: { n: answered.length } }).then(
          ({ id }) => answered.push(id),
          (error) => expect(error).toMatchObject({ code: expect.stringMatching(/^SESS_(UNAVAILABLE|TIMEOUT)$/) }),
        )
      }
    })
    await expect.poll(() => answered.length).toBeGreaterThan(50)
    await servers.primary.kill()
    await servers.promote()
    place.leadTo(servers.standby)
    const before = answered.length
    await expect.poll(() => answered.length, { timeout: 20_000 }).toBeGreaterThan(before + 50)
    isOver = true
    await Promise.all(signIns)
    const there = await Promise.all(answered.map((id) => store.exists(id)))
    expect(there.filter((isThere) => !isThere)).toEqual([])
  })

  test('a server that takes no writes is an outage, and the store leaves it once it can', {
    timeout: 60_000,
  }, async () => {
    await using place = await startProxy(servers.primary)
    await using store = postgresStore({ url: place.through(servers.primary.url), timeoutMs: 2_000 })
    const { id } = await store.create()
    place.leadTo(servers.standby)
    place.cut()
    await expect.poll(() => store.exists(id).catch(() => false)).toBe(true)
    await expect(store.create()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    // As many at once as it takes for every connection of the store to be one to the standby.
    await Promise.allSettled(Array.from({ length: 400 }, (_, index) => (index % 2 ? store.create() : store.exists(id))))
    place.leadTo(servers.primary)
    await expect.poll(() => store.create().then(({ id }) => id, String), { timeout: 10_000 }).not.toMatch(/SESS/)
    expect(await store.exists(id)).toBe(true)
  })
})
