import { describe, expect, test } from 'vitest'
import { faultGround, kinds, outcomeOf, patiently } from './faults.ts'
import { onServer } from './on-server.ts'

onServer('postgres15', 'behind a lock on its table', async () => {
  const { hold, openNamed } = await faultGround()

  describe.each(kinds)('a store over $name', (kind) => {
    test('that readers pass keeps to its connections, and answers reads', { timeout: 60_000 }, async () => {
      const max = 4
      const { store, table, pids } = await openNamed(kind, { max, timeoutMs: 600 })
      const sessions = await Promise.all(Array.from({ length: 12 }, (_, n) => store.create({ data: { n } })))
      const { id } = await store.create()
      const release = await hold(`lock table ${table} in share mode`) // what CREATE INDEX takes
      let isOver = false
      let mostConnections = 0
      const watch = async () => {
        while (!isOver) mostConnections = Math.max(mostConnections, (await pids()).length)
      }
      const outcomes = { read: new Set<string>(), write: new Set<string>() }
      const call = async (kind: 'read' | 'write', ask: () => Promise<unknown>) => {
        for (let times = 0; times < 8; times += 1) outcomes[kind].add(await outcomeOf(ask()))
      }
      const watched = watch()
      await Promise.all([
        ...sessions.map(({ id }, n) => call('write', () => (n % 2 ? store.touch(id) : store.delete(id)))),
        call('write', () => store.create()),
        call('read', () => store.load(id)),
        call('read', () => store.count()),
      ])
      isOver = true
      await watched
      await release()
      expect(outcomes.read).toEqual(new Set(['done']))
      expect(outcomes.write).toEqual(new Set(['SESS_TIMEOUT']))
      expect(mostConnections).toBeLessThanOrEqual(max + 1)
    })

    test('that nobody passes leaves no statement behind, and works again at once', async () => {
      const { store, table, waiting } = await openNamed(kind, { max: 4, timeoutMs: 400 })
      const { id } = await store.create()
      const release = await hold(`lock table ${table}`)
      const calls = [() => store.load(id), () => store.touch(id), () => store.count(), () => store.create()]
      const outcomes = await Promise.all(calls.map((ask) => outcomeOf(ask())))
      expect(new Set(outcomes)).toEqual(new Set(['SESS_TIMEOUT']))
      await expect.poll(waiting, patiently).toHaveLength(0)
      await release()
      expect(await Promise.all(calls.map((ask) => outcomeOf(ask())))).toEqual(calls.map(() => 'done'))
    })
  })
})
