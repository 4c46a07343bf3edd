import { isSkipped } from '@sess/testkit'
import { describe, expect, it } from 'vitest'
import { magic } from '../src/record-text.ts'
import { ada, hourMs, open } from './opened.ts'

/** Three sessions, one of which a later layout has written. */
async function three(alter: (value: string) => string) {
  const opened = await open()
  const { store, client, keyOf } = opened
  const sessions = await Promise.all([1, 2, 3].map(() => store.create({ identity: ada, ttl: hourMs })))
  const [{ id, handle }] = sessions as [(typeof sessions)[0]]
  const key = await keyOf(handle)
  await client.set(key, alter((await client.get(key)) as string), 'KEEPTTL')
  return { ...opened, sessions, id, handle, key }
}

const unreadable = (value: string) => `sess22${value.slice(6)}`

describe.skipIf(isSkipped('redis7'))('a record of a layout that this one cannot read', () => {
  it('is SESS_CORRUPT for its own caller, and the others go on', async () => {
    const { store, sessions } = await three(unreadable)
    const touched = await Promise.allSettled(sessions.map(({ id }) => store.touch(id)))
    expect(touched.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(touched[0]).toMatchObject({ reason: { code: 'SESS_CORRUPT', message: expect.stringContaining('newer') } })
    await expect(store.load(sessions[0]?.id ?? '')).rejects.toMatchObject({
      code: 'SESS_CORRUPT',
      message: expect.stringContaining('newer'),
    })
  })

  it('stays at a clean-up, as it may be live, and what has expired behind it goes', async () => {
    const { store, client, key, advance } = await three(unreadable)
    advance(2 * hourMs)
    expect(await store.cleanExpired()).toBe(2)
    expect(await client.exists(key)).toBe(1)
    expect(await store.cleanExpired()).toBe(0)
  })

  it('ends with a sign-out everywhere, a delete, and a save that inserts', async () => {
    const ended = await three(unreadable)
    expect(await ended.store.deleteByIdentity(ada)).toBe(2)
    expect(await ended.entries()).toEqual([0, 0])
    const deleted = await three(unreadable)
    await deleted.store.delete(deleted.id)
    expect(await deleted.client.exists(deleted.key)).toBe(0)
    expect(await deleted.entries()).toEqual([2, 2])
    const saved = await three(unreadable)
    await saved.store.save({ id: saved.id, identity: null })
    expect((await saved.client.get(saved.key))?.startsWith(magic)).toBe(true)
    expect(await saved.entries()).toEqual([3, 2])
  })
})

describe.skipIf(isSkipped('redis7'))('a header', () => {
  it.each(['00', '01', '2j', 'zz'])('that states a wrong length is damaged: %s', async (length) => {
    const { store, id } = await three((value) => `${value.slice(0, 6)}${length}${value.slice(8)}`)
    await expect(store.load(id)).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
    await expect(store.touch(id)).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
  })

  it('of one whose identity or version has no end counts as no live session, where the index cannot tell', async () => {
    const { store, client, keys, advance, key, sessions } = await three((value) =>
      value.slice(0, value.lastIndexOf(' ', 150)),
    )
    expect(sessions).toHaveLength(3)
    // Every index names an instant before the record's own.
    for (const index of (await keys()).filter((each) => each.endsWith('}'))) {
      for (const entry of await client.zrange(index, '0', '-1'))
        await client.zadd(index, String(Date.now() + hourMs - 500_000), entry)
    }
    advance(hourMs - 400_000)
    expect(await client.exists(key)).toBe(1)
    expect(await store.count()).toBe(2)
  })

  it('keeps its form though the clock stands far beyond its digits', async () => {
    let time = Date.UTC(9000, 0)
    const { store } = await open({ now: () => time })
    const session = await store.create({ ttl: hourMs })
    time += 1
    expect(await store.touch(session.id)).toEqual(new Date(time + hourMs))
    expect((await store.load(session.id))?.createdAt).toEqual(session.createdAt)
  })
})
