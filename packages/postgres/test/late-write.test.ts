import { startProxy } from '@sess/testkit'
import { describe, expect, test } from 'vitest'
import { faultGround, kinds, outcomeOf, patiently, untilDone } from './faults.ts'
import { onServer } from './on-server.ts'

onServer('postgres15', 'a write that was not answered in time', async () => {
  const { admin, host, port, url, hold, openNamed, atEnd } = await faultGround()

  describe.each(kinds)('over $name', (kind) => {
    test('is ended at the server, and takes no effect after a later one', async () => {
      const { store, table, waiting } = await openNamed(kind, { timeoutMs: 400 })
      const session = await store.create({ data: { n: 0 } })
      const release = await hold(`select 1 from ${table} for update`)
      expect(await outcomeOf(store.save({ ...session, data: { n: 1 } }))).toBe('SESS_TIMEOUT')
      await expect.poll(waiting, patiently).toHaveLength(0)
      const later = [
        outcomeOf(store.save({ ...session, data: { n: 2 } })),
        outcomeOf(store.touch(session.id)),
        outcomeOf(store.delete(session.id)),
      ]
      expect(new Set(await Promise.all(later))).toEqual(new Set(['SESS_TIMEOUT']))
      await release()
      await untilDone(() => store.save({ ...session, data: { n: 3 } }))
      expect((await store.load(session.id))?.data).toEqual({ n: 3 })
      expect(await waiting()).toEqual([])
    })

    test('as its connection was cut, takes no effect after a later one', async () => {
      const proxy = await startProxy({ host, port })
      atEnd(() => proxy.close())
      const { store, table, waiting } = await openNamed(kind, { at: proxy.through(url), timeoutMs: 10_000 })
      const session = await store.create({ data: { n: 0 } })
      const release = await hold(`select 1 from ${table} for update`)
      const first = outcomeOf(store.save({ ...session, data: { n: 1 } }))
      await expect.poll(waiting, patiently).toHaveLength(1)
      const [pidOfFirst] = await waiting()
      proxy.cut()
      expect(await first).toBe('SESS_UNAVAILABLE')
      const second = outcomeOf(store.save({ ...session, data: { n: 2 } }))
      if (kind.isOwn || kind.name === 'a pool of pg') {
        // The first one has been ended there, by the time that the second waits.
        await expect.poll(waiting, patiently).toEqual([expect.not.closeTo(Number(pidOfFirst), 0)])
        await release()
        expect(await second).toBe('done')
        expect((await store.load(session.id))?.data).toEqual({ n: 2 })
      } else {
        await release()
        await second
      }
    })
  })

  describe.each(kinds.filter(({ isOwn, name }) => isOwn || name === 'a pool of pg'))('over $name', (kind) => {
    test('as the network held it back, takes no effect after a later one', async () => {
      for (const what of ['everything', 'replies'] as const) {
        const proxy = await startProxy({ host, port })
        atEnd(() => proxy.close())
        const { store, table } = await openNamed(kind, { at: proxy.through(url), timeoutMs: 300, max: 2 })
        const session = await store.create({ data: { n: 0 } })
        proxy.stall(what)
        expect(await outcomeOf(store.save({ ...session, data: { n: 1 } }))).toBe('SESS_TIMEOUT')
        expect(await outcomeOf(store.save({ ...session, data: { n: 2 } }))).toBe('SESS_TIMEOUT')
        proxy.resume()
        await untilDone(() => store.save({ ...session, data: { n: 3 } }))
        expect((await store.load(session.id))?.data).toEqual({ n: 3 })
        const [row] = await admin.unsafe(`select payload from ${table}`)
        expect(row?.payload).toContain('"n":3')
      }
    })
  })
})
