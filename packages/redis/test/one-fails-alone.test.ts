import type { SessionStore } from '@sess/core'
import { isSkipped, start } from '@sess/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ada, hourMs, open } from './opened.ts'

describe.skipIf(isSkipped('redis7'))('with the memory of the server full', () => {
  async function openFull(policy = 'noeviction') {
    const server = await start('redis7', { args: ['--maxmemory', '3mb', '--maxmemory-policy', policy] })
    onTestFinished(() => server.stop())
    const opened = await open({ url: server.url })
    const data = { blob: 'x'.repeat(4_000) }
    const ids: string[] = []
    const fill = async () => {
      for (;;) {
        const created = await opened.store.create({ identity: ada, data }).catch(() => null)
        if (created === null) return
        ids.push(created.id)
      }
    }
    await fill()
    return { ...opened, ids, fill, data }
  }

  it('every sign-out succeeds beside visitors who are refused', { timeout: 60_000 }, async () => {
    const { store, ids, fill, data } = await openFull()
    for (let round = 0; round < 10; round += 1) {
      await fill()
      const visitors = Array.from({ length: 8 }, () => store.create({ data }))
      const leaving = ids.splice(-3).map((id) => store.delete(id))
      const [ofVisitors, ofLeaving] = await Promise.all([Promise.allSettled(visitors), Promise.allSettled(leaving)])
      expect(ofLeaving).toEqual(leaving.map(() => ({ status: 'fulfilled', value: true })))
      for (const visitor of ofVisitors) {
        if (visitor.status === 'rejected') expect(visitor.reason).toMatchObject({ code: 'SESS_UNAVAILABLE' })
        else ids.push(visitor.value.id)
      }
    }
  })

  it('signing out everywhere, lists, counts and clean-up succeed', { timeout: 60_000 }, async () => {
    const { store, ids, entries, advance } = await openFull()
    const half = Math.floor(ids.length / 2)
    await Promise.all(ids.slice(half).map((id) => store.save({ id, identity: null, expiresAt: new Date(1) })))
    const sessions = await store.listByIdentity(ada)
    expect(sessions).toHaveLength(half)
    expect(await store.count()).toBe(half)
    expect(await store.deleteByIdentity(ada, { except: ids[0] as string })).toBe(half - 1)
    expect(await store.listByIdentity(ada)).toHaveLength(1)
    advance(25 * hourMs)
    expect(await store.cleanExpired()).toBe(1)
    expect(await entries()).toEqual([0, 0])
  })
})

describe.skipIf(isSkipped('redis7'))('a damaged record', () => {
  const cuts: [string, (value: string) => string][] = [
    ['that is empty', () => ''],
    ['of another application', () => '{"cookie":{}}'],
    ['with nothing but the first word', () => 'sess1'],
    ['cut in its instants', (value) => value.slice(0, 60)],
    ['cut in its identity', (value) => value.slice(0, 80)],
    ['cut behind its version', (value) => value.slice(0, value.indexOf(' ', 90))],
    ['with a letter among its digits', (value) => `${value.slice(0, 10)}x${value.slice(11)}`],
    ['without an end to its identity', (value) => value.slice(0, 77) + 'x'.repeat(400)],
  ]

  async function six() {
    const opened = await open()
    const { store, client, keyOf } = opened
    const sessions = await Promise.all(Array.from({ length: 6 }, () => store.create({ identity: ada, ttl: '1h' })))
    const others = (await store.listByIdentity(ada)).map(({ handle }) => handle)
    const bad = others.shift() as string
    const damage = async (alter: (value: string) => string) => {
      const key = await keyOf(bad)
      await client.set(key, alter((await client.get(key)) as string), 'KEEPTTL')
    }
    return { ...opened, sessions, others, bad, damage }
  }

  it.each(cuts)('%s is SESS_CORRUPT for its own caller, and stops nobody else', async (_name, alter) => {
    const { store, sessions, damage } = await six()
    await damage(alter)
    const codes = await Promise.all(sessions.map((session) => codesOf(store, session)))
    const unlucky = codes.filter((each) => each.includes('SESS_CORRUPT'))
    expect(unlucky).toEqual([['SESS_CORRUPT', 'SESS_CORRUPT', 'SESS_CORRUPT', 'SESS_CORRUPT', 'SESS_CORRUPT']])
    expect(codes.flat().filter((code) => code !== 'SESS_CORRUPT')).toEqual(Array.from({ length: 25 }, () => 'done'))
  })

  it.each(cuts)('%s can be deleted, alone and beside others', async (_name, alter) => {
    const { store, others, bad, damage, keyOf, entries } = await six()
    await damage(alter)
    const [first, second] = others as [string, string]
    const deleted = await Promise.all([bad, first, second].map((handle) => store.deleteByHandle(handle)))
    expect(deleted).toEqual([false, true, true])
    expect(await keyOf(bad)).toBeUndefined()
    expect(await store.count()).toBe(3)
    expect(await entries()).toEqual([3, 3])
  })

  it.each(cuts)('%s is replaced by a save that inserts', async (_name, alter) => {
    const { store, sessions, damage, entries } = await six()
    await damage(alter)
    const expiresAt = new Date(Date.now() + hourMs)
    for (const { id } of sessions) await store.save({ id, identity: { ...ada, externalId: 'eve' }, expiresAt })
    expect(await store.count()).toBe(6)
    expect(await store.listByIdentity({ ...ada, externalId: 'eve' })).toHaveLength(6)
    expect(await entries()).toEqual([6, 6])
  })

  it.each(cuts)('%s leaves lists whole, and ends with the others of its person', async (_name, alter) => {
    const errors: Error[] = []
    const { store, openPeer, damage, keys } = await six()
    const peer = openPeer({ onBackgroundError: (error) => errors.push(error) })
    await damage(alter)
    expect(await peer.listByIdentity(ada)).toHaveLength(5)
    expect(errors).toMatchObject([{ code: 'SESS_CORRUPT' }])
    let found = 0
    for await (const _ of peer.entries()) found += 1
    expect(found).toBe(5)
    expect(await store.deleteByIdentity(ada)).toBe(5)
    expect(await store.count()).toBe(0)
    expect(await keys()).toEqual([])
  })

  it.each(cuts)('%s is removed by a clean-up when it has expired, with the others', async (_name, alter) => {
    const { store, damage, keys, advance } = await six()
    await damage(alter)
    expect(await store.cleanExpired()).toBe(0)
    advance(2 * hourMs)
    expect(await store.cleanExpired()).toBe(6)
    expect(await keys()).toEqual([])
  })

  it('is no session at all where it is of another type, and then it stays', async () => {
    const { store, client, bad, keyOf, entries } = await six()
    const key = await keyOf(bad)
    await client.del(key)
    await client.hset(key, 'field', 'value')
    expect(await store.listByIdentity(ada)).toHaveLength(5)
    expect(await entries()).toEqual([5, 5])
    expect(await store.deleteByIdentity(ada)).toBe(5)
    expect(await client.hgetall(key)).toEqual({ field: 'value' })
    await client.del(key)
  })
})

describe.skipIf(isSkipped('redis7'))('a record that the server refuses to read', () => {
  it('is not taken for one that is gone: its entries stay, and the sign-out and the clean-up reject', async () => {
    const { store, client, prefix, openPeer, entries } = await open()
    const user = prefix.slice(0, -1)
    onTestFinished(() => void client.call('ACL', 'DELUSER', user))
    await client.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '+@all', '-getrange')
    const { host, port } = client.options
    const later = () => Date.now() + 2 * hourMs
    const config = { addr: `${host}:${port}`, username: user, password: 'secret' }
    await Promise.all([1, 2, 3].map(() => store.create({ identity: ada, ttl: hourMs })))
    const denied = openPeer({ url: undefined, ...config } as never)
    await expect(denied.deleteByIdentity(ada)).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    const ahead = openPeer({ url: undefined, now: later, ...config } as never)
    await expect(ahead.cleanExpired()).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    expect(await entries()).toEqual([3, 3])
    expect(await store.deleteByIdentity(ada)).toBe(3)
  })
})

/** The outcomes of all calls that need a sound record: a code, or 'done'. */
function codesOf(store: SessionStore, session: Awaited<ReturnType<SessionStore['create']>>): Promise<string[]> {
  const { id } = session
  const calls = [store.load(id), store.exists(id), store.touch(id), store.save(session), store.update(id, () => {})]
  return Promise.all(
    calls.map((call: Promise<unknown>) =>
      call.then(
        () => 'done',
        (error: { code?: string }) => error.code ?? String(error),
      ),
    ),
  )
}
