import { describe, expect, it } from 'vitest'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

describe('maxBytes', () => {
  it.each([
    ['1 byte', 'a'],
    ['2 bytes', 'é'],
    ['3 bytes', '€'],
    ['4 bytes', '😀'],
    ['an escape', '"'],
  ])('counts bytes of UTF-8, not characters: %s each', async (_name, character) => {
    const data = { text: character.repeat(100) }
    const bytes = Buffer.byteLength(JSON.stringify({ identity: null, data }))
    const fits = createSessionStore(new MapBackend(), { maxBytes: bytes })
    const { id } = await fits.create({ data })
    expect((await fits.load(id))?.data).toEqual(data)
    const tooSmall = createSessionStore(new MapBackend(), { maxBytes: bytes - 1 })
    await expect(tooSmall.create({ data })).rejects.toMatchObject({ code: 'SESS_TOO_LARGE' })
    await expect(tooSmall.putState({ data: { text: 'x'.repeat(bytes) } })).rejects.toMatchObject({
      code: 'SESS_TOO_LARGE',
    })
  })

  it('may be larger than a batch: such a session travels alone', async () => {
    const backend = new MapBackend()
    const store = createSessionStore(backend, { maxBytes: 8 * 1024 * 1024 })
    const large = 'x'.repeat(3 * 1024 * 1024)
    const sizes: number[] = []
    const { write } = MapBackend.prototype
    backend.write = (operations, now) => {
      sizes.push(operations.length)
      return write.call(backend, operations, now)
    }
    const created = await Promise.all(['a', large, 'b'].map((text) => store.create({ data: { text } })))
    expect(created.map(({ data }) => (data.text as string).length)).toEqual([1, large.length, 1])
    expect(Math.max(...sizes)).toBeLessThan(3)
  })
})

describe('the instant of expiry and that of the deadline', () => {
  it('are the first at which the session is absent, on every path', async () => {
    let now = 1_000_000
    const store = createSessionStore(new MapBackend(), { now: () => now })
    const { id } = await store.create({ ttl: 1_000, deadline: new Date(now + 500) })
    now += 499
    expect(await store.touch(id, { ttl: '1h' })).toEqual(new Date(now + 1))
    expect(await store.exists(id)).toBe(true)
    now += 1
    expect([await store.exists(id), await store.load(id), await store.touch(id), await store.count()]).toEqual([
      false,
      null,
      null,
      0,
    ])
    expect([await store.update(id, () => {}), await store.rotate(id), await store.delete(id)]).toEqual([
      null,
      null,
      false,
    ])
  })
})
