import { expect, test } from 'vitest'
import type { Connection } from '../src/connection.ts'
import type { Taker } from '../src/leases.ts'
import { OwnPool } from '../src/own-pool.ts'
import type { Target } from '../src/target.ts'

/** A pool whose connections open when the test says so. */
function poolByHand(max: number) {
  const opening: { connection: Connection; open: () => void }[] = []
  const ended: Connection[] = []
  const connect = (target: Target, whenClosed: () => void) => {
    const opened = Promise.withResolvers<void>()
    const end = () => {
      ended.push(connection)
      whenClosed()
    }
    const connection: Connection = {
      target,
      cancelKey: null,
      execute: () => Promise.reject(new Error('not asked')),
      end,
      destroy: end,
    }
    opening.push({ connection, open: opened.resolve })
    return { connection, opened: opened.promise }
  }
  const pool = new OwnPool({
    connect: async () => connect,
    targets: () => [{ host: 'only' } as Target],
    canAdapt: () => false,
    max,
    timeoutMs: 5_000,
    maxLifetimeMs: Number.POSITIVE_INFINITY,
    idleTimeoutMs: Number.POSITIVE_INFINITY,
    setUp: async () => {},
  })
  const take = () => {
    const lent = Promise.withResolvers<Connection>()
    const taker: Taker = { isWrite: false, use: lent.resolve, refuse: lent.reject }
    pool.take(taker)
    return { taker, lent: lent.promise }
  }
  return { pool, opening, ended, take }
}

test('a connection that was lent or being opened when the pool left the server is not lent again', async () => {
  const { pool, opening, ended, take } = poolByHand(4)
  const [finder, busy, late] = [take(), take(), take()]
  await expect.poll(() => opening.length).toBe(3)
  opening[0]?.open()
  opening[1]?.open()
  const [wrong, stillLent] = [await finder.lent, await busy.lent]

  pool.giveBack(finder.taker, wrong, 'misled')
  opening[2]?.open()
  await expect.poll(() => ended).toContain(opening[2]?.connection)
  pool.giveBack(busy.taker, stillLent, 'usable')
  expect(ended).toContain(stillLent)

  await expect.poll(() => opening.length).toBe(4)
  opening[3]?.open()
  expect(await late.lent).toBe(opening[3]?.connection)
  pool.giveBack(late.taker, await late.lent, 'usable')
  const again = take()
  expect(await again.lent).toBe(opening[3]?.connection)
  await pool.close()
})

test('several statements that find the same wrong server make the pool leave it once', async () => {
  const { pool, opening, take } = poolByHand(2)
  const [first, second] = [take(), take()]
  await expect.poll(() => opening.length).toBe(2)
  for (const { open } of opening) open()
  const connections = [await first.lent, await second.lent] as const
  pool.giveBack(first.taker, connections[0], 'misled')
  const next = take()
  await expect.poll(() => opening.length).toBe(3)
  opening[2]?.open()
  const right = await next.lent
  pool.giveBack(next.taker, right, 'usable')
  pool.giveBack(second.taker, connections[1], 'misled')
  expect(await take().lent).toBe(right)
  await pool.close()
})
