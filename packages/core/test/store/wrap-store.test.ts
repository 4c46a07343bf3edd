import { describe, expect, it } from 'vitest'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { wrapStore } from '../../src/store/wrap-store.ts'
import { MapBackend } from './map-backend.ts'

describe('a wrapped store', () => {
  it('does what is given in its own way, and all else as the store does', async () => {
    const store = createSessionStore(new MapBackend())
    const asked: string[] = []
    const wrapped = wrapStore(store, {
      load(id, options) {
        asked.push(id)
        return store.load(id, options)
      },
    })
    const { id } = await wrapped.create({ data: { n: 1 } })
    expect((await wrapped.load(id))?.data).toEqual({ n: 1 })
    expect(asked).toEqual([id])
    expect(wrapped.capabilities).toBe(store.capabilities)
    expect(wrapped.maxLifetime).toBe(store.maxLifetime)
    const entries: unknown[] = []
    for await (const entry of wrapped.entries()) entries.push(entry)
    expect(entries).toHaveLength(1)
    expect(await wrapped.deleteAll()).toBe(1)
  })

  it('is closed by `await using` through a close of its own', async () => {
    const store = createSessionStore(new MapBackend())
    let closed = 0
    {
      await using wrapped = wrapStore(store, {
        close() {
          closed += 1
          return store.close()
        },
      })
      await wrapped.ping()
    }
    expect(closed).toBe(1)
    await expect(store.ping()).rejects.toMatchObject({ code: 'SESS_CLOSED' })
  })

  it('can be wrapped again, and takes undefined for no replacement', async () => {
    const store = createSessionStore(new MapBackend())
    const twice = wrapStore(wrapStore(store, { count: async () => 7 }), { ping: undefined as never })
    expect(await twice.count()).toBe(7)
    await twice.ping()
  })

  it('is a TypeError where there is nothing to wrap', () => {
    expect(() => wrapStore(null as never, {})).toThrow(TypeError)
    expect(() => wrapStore(createSessionStore(new MapBackend()), null as never)).toThrow(TypeError)
  })
})
