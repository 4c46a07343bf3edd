import { createHash } from 'node:crypto'
import type { SessionStore } from '@sess/core'
import { postgresStore } from '@sess/postgres'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onServer } from './on-server.ts'

onServer('postgres15', 'two processes that write the same twenty sessions', (server) => {
  const url = Object.assign(new URL(server.url), { pathname: '/contended' }).href
  const admin = postgres(server.url, { max: 1, onnotice() {} })
  const sql = postgres(url, { max: 2 })
  const identity = { providerId: 'github', externalId: 'user_888' }
  const keyOf = (id: string) => createHash('sha256').update(id).digest('base64url')
  // In the order of their keys.
  const ids = Array.from({ length: 20 }, (_, n) => `id-${n}`).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const nth = (n: number) => keyOf(ids[n] as string)
  const open = () => postgresStore<{ n: number }>({ url, timeoutMs: 20_000 })
  /** For a machine that does other things too. */
  const patiently = { timeout: 20_000 }
  type Store = SessionStore<{ n: number }>

  // PostgreSQL counts deadlocks by database.
  beforeAll(() => admin`create database contended`)
  afterAll(async () => {
    await sql.end({ timeout: 1 })
    await admin`drop database contended`
    await admin.end({ timeout: 1 })
  })

  const put = (store: Store, id: string) =>
    store.save({ id, identity, expiresAt: new Date(Date.now() + 60_000), data: { n: 0 } })

  const waiting = () => sql`select 1 from pg_stat_activity where datname = 'contended' and wait_event_type = 'Lock'`

  /** Has a batch of the store lose to a transaction that waits for a lock of the batch while that waits for one of its. */
  async function lose(store: Store): Promise<void> {
    const other = await sql.reserve()
    await other`set deadlock_timeout = '10s'`
    await other`begin`
    const lock = (n: number) => other`select 1 from sess_sessions where key = ${nth(n)} for update`
    await lock(1)
    const touched = Promise.all(ids.slice(0, 3).map((id) => store.touch(id)))
    await expect.poll(waiting, patiently).not.toHaveLength(0)
    await Promise.all([lock(0), lock(2)])
    await other`commit`
    await other`reset deadlock_timeout`
    other.release()
    expect(await touched).not.toContain(null)
  }

  /** A connection tells its statistics at the latest when it ends, which is a moment after its client is gone. */
  async function storesEnded(): Promise<void> {
    const connections = () => sql`select 1 from pg_stat_activity
      where datname = 'contended' and application_name = 'sess'`
    await expect.poll(connections, patiently).toHaveLength(0)
  }

  async function deadlocks(): Promise<number> {
    const [row] = await admin`select deadlocks::int as n from pg_stat_database where datname = 'contended'`
    return row?.n
  }

  test('once they have met a deadlock, lock rows in the order of their keys, whatever that on disk', async () => {
    await using store = open()
    for (const id of ids.toReversed()) await put(store, id)
    await lose(store)
    const writes = [
      () => Promise.all(ids.map((id) => store.touch(id))),
      () => Promise.all(ids.map((id) => store.rotate(id))),
      () => store.deleteByIdentity(identity),
      () => Promise.all(ids.map((id) => store.delete(id))),
    ]
    for (const write of writes) {
      for (const id of ids.toReversed()) await put(store, id)
      const other = await sql.reserve()
      await other`begin`
      await other`select 1 from sess_sessions where key = ${nth(10)} for update`
      const written = write()
      await expect.poll(waiting, patiently).not.toHaveLength(0)
      const free = await sql`select key from sess_sessions where key in (${nth(0)}, ${nth(19)}) for update skip locked`
      await other`rollback`
      other.release()
      await written
      expect(free).toEqual([{ key: nth(19) }])
    }
  })

  test('lose no write to a deadlock, and once they have met one, meet no other', { timeout: 60_000 }, async () => {
    await storesEnded()
    const first = open()
    const second = open()
    for (const id of ids) await put(first, id)
    const before = await deadlocks()
    await lose(first)
    await lose(second)
    await expect.poll(deadlocks, patiently).toBeGreaterThanOrEqual(before + 2)
    const met = await deadlocks()

    const writes: ((store: Store, id: string) => Promise<unknown>)[] = [
      put,
      (store, id) => store.touch(id),
      (store, id) =>
        store.update(id, ({ data }) => {
          data.n += 1
        }),
      (store, id) => store.load(id).then((session) => session && store.save(session).catch(unlessGone)),
      (store, id) => store.delete(id),
      (store) => store.deleteByIdentity(identity),
    ]
    for (let round = 0; round < 60; round += 1) {
      const all = [first, second].flatMap((store, side) =>
        ids.map((id, n) => writes[(round + side * 5 + n * 7) % writes.length]?.(store, id)),
      )
      await Promise.all(all)
    }
    await Promise.all([first.close(), second.close()])
    await storesEnded()
    // One may have been told of late. That rows are locked in order is for the test before.
    expect(await deadlocks()).toBeLessThanOrEqual(met + 1)
  })
})

function unlessGone(error: { code?: string }): void {
  if (error.code !== 'SESS_GONE') throw error
}
