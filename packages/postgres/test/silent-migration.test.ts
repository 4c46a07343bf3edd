import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { faultGround, kinds, outcomeOf, patiently, untilDone } from './faults.ts'
import { onServer } from './on-server.ts'
import { ownDatabase } from './server.ts'

onServer('postgres15', 'a first migration', async () => {
  const { host, port, url, openNamed, atEnd, hold } = await faultGround(await ownDatabase())

  /** A network that swallows everything of one connection, once it has seen a word on it. */
  async function swallowing(word: string) {
    let swallowed = 0
    const server = createServer((client) => {
      const upstream = connect({ host, port })
      let isSilent = false
      client.on('data', (chunk) => {
        if (swallowed === 0 && chunk.includes(word)) {
          swallowed += 1
          isSilent = true
        }
        if (!isSilent) upstream.write(chunk)
      })
      upstream.on('data', (chunk) => {
        if (!isSilent) client.write(chunk)
      })
      for (const socket of [client, upstream]) socket.on('error', () => {})
      client.on('close', () => upstream.destroy())
      upstream.on('close', () => client.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    atEnd(async () => server.close())
    const { port: at } = server.address() as { port: number }
    return { at: Object.assign(new URL(url), { port: String(at) }).href, swallowed: () => swallowed }
  }

  describe.each(kinds)('of a store over $name', (kind) => {
    test.each(['begin isolation', 'pg_advisory_xact_lock', 'create table', 'commit'])(
      'whose connection goes silent at "%s" is made again, and close resolves',
      async (word) => {
        const { at, swallowed } = await swallowing(word)
        const { store } = await openNamed(kind, { at, timeoutMs: 400, isCold: true })
        expect(await outcomeOf(store.create())).toBe('SESS_TIMEOUT')
        expect(swallowed()).toBe(1)
        await untilDone(() => store.create())
        const closedAt = performance.now()
        await store.close()
        expect(performance.now() - closedAt).toBeLessThan(2_000)
      },
    )

    test('that another process is at waits for it, however long that takes', async () => {
      const release = await hold('select pg_advisory_xact_lock(1936024435, 1)')
      const { store, waiting } = await openNamed(kind, { timeoutMs: 300, isCold: true })
      const created = outcomeOf(store.create())
      await expect.poll(waiting, patiently).toHaveLength(1)
      const before = await waiting()
      expect(await created).toBe('SESS_TIMEOUT')
      for (let tries = 0; tries < 4; tries += 1) expect(await outcomeOf(store.create())).toBe('SESS_TIMEOUT')
      expect(await waiting()).toEqual(before)
      await release()
      await untilDone(() => store.create())
    })
  })
})
