import { startProxy } from '@sess/testkit'
import { describe, expect, test } from 'vitest'
import type { ClientKind } from './clients.ts'
import { faultGround, kinds, outcomeOf, patiently, untilDone } from './faults.ts'
import { onServer } from './on-server.ts'

onServer('postgres15', 'connections that are cut', async () => {
  const { host, port, url, hold, openNamed, atEnd } = await faultGround()

  const openBehindProxy = async (kind: ClientKind) => {
    const proxy = await startProxy({ host, port })
    atEnd(() => proxy.close())
    return { proxy, ...(await openNamed(kind, { at: proxy.through(url), timeoutMs: 5_000 })) }
  }

  describe.each(kinds)('over $name', (kind) => {
    test('while a write waits: it is told at once, and the store works on', async () => {
      const { proxy, store, table, waiting } = await openBehindProxy(kind)
      const { id } = await store.create({ data: { n: 0 } })
      const release = await hold(`select 1 from ${table} for update`)
      const write = store.touch(id)
      const outcome = outcomeOf(write)
      await expect.poll(waiting, patiently).toHaveLength(1)
      const at = performance.now()
      proxy.cut()
      expect(await outcome).toBe('SESS_UNAVAILABLE')
      expect(performance.now() - at).toBeLessThan(1_000)
      await release()
      await untilDone(() => store.touch(id))
    })

    test('while a read waits: it is asked again, and nobody is told', async () => {
      const { proxy, store, table, waiting } = await openBehindProxy(kind)
      const { id } = await store.create({ data: { n: 7 } })
      const release = await hold(`lock table ${table}`)
      const loaded = store.load(id)
      await expect.poll(waiting, patiently).toHaveLength(1)
      proxy.cut()
      await release()
      expect((await loaded)?.data).toEqual({ n: 7 })
    })

    test('close takes no time, idle or not', async () => {
      for (const isBusy of [false, true]) {
        const { proxy, store } = await openBehindProxy(kind)
        await store.create()
        const calls = Array.from({ length: isBusy ? 30 : 0 }, (_, n) => outcomeOf(store.create({ data: { n } })))
        proxy.cut()
        await Promise.all(calls)
        const at = performance.now()
        await store.close()
        expect(performance.now() - at).toBeLessThan(1_000)
      }
    })
  })
  // postgres.js 3.4.9 forgets to send what it was about to send as a connection broke, until `connect_timeout` is over.
  const whole = kinds.filter(({ name }) => name !== 'a client of postgres.js')

  test.each(whole)('over $name, while nobody uses them: the next read is answered', async (kind) => {
    const { proxy, store } = await openBehindProxy(kind)
    const { id } = await store.create({ data: { n: 7 } })
    await Promise.all([store.load(id), store.count(), store.exists('x'), store.ping()])
    proxy.cut()
    expect((await store.load(id))?.data).toEqual({ n: 7 })
  })

  test.each(whole)('over $name, again and again: nobody waits for long', { timeout: 60_000 }, async (kind) => {
    const { proxy, store } = await openBehindProxy(kind)
    // A session for each caller: what waits for another call on its key waits for that one's connection too.
    const sessions = await Promise.all(Array.from({ length: 16 }, () => store.create()))
    const calls: ((id: string) => Promise<unknown>)[] = [
      (id) => store.load(id),
      () => store.create(),
      (id) => store.touch(id),
      () => store.listByIdentity({ providerId: 'a', externalId: 'b' }),
    ]
    let isOver = false
    let longest = 0
    const caller = async ({ id }: { id: string }, n: number) => {
      while (!isOver) {
        const at = performance.now()
        await outcomeOf((calls[n % calls.length] as (typeof calls)[0])(id))
        longest = Math.max(longest, performance.now() - at)
      }
    }
    const callers = sessions.map(caller)
    for (let cuts = 0; cuts < 12; cuts += 1) {
      await Promise.all([store.ping().catch(() => {}), store.count().catch(() => {})])
      proxy.cut()
    }
    await untilDone(() => store.create())
    isOver = true
    await Promise.all(callers)
    expect(longest).toBeLessThan(3_000) // of 5,000; the machine does other things too
  })
})
