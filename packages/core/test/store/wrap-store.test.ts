import { memoryStore } from '@sess/memory'
import { describe, expect, test } from 'vitest'
import { wrapStore } from '../../src/index.ts'

describe('a wrapped store', () => {
  test('does what it is given in its own way, and everything else as the store does', async () => {
    const store = memoryStore()
    const loaded: string[] = []
    const wrapped = wrapStore(store, {
      load(id, options) {
        loaded.push(id)
        return store.load(id, options)
      },
    })
    const { id } = await wrapped.create()
    expect(await wrapped.load(id)).toMatchObject({ id })
    expect(loaded).toEqual([id])
    expect(await wrapped.count()).toBe(1)
    expect([wrapped.capabilities, wrapped.maxLifetime]).toEqual([store.capabilities, store.maxLifetime])
  })

  test('keeps its methods when they are taken out of it, spread, or wrapped again', async () => {
    const { create, ...rest } = wrapStore(wrapStore(memoryStore(), {}), { touch: undefined } as object)
    const { id } = await create()
    expect(await rest.exists(id)).toBe(true)
    expect(await rest.touch(id)).toBeInstanceOf(Date)
  })

  test('is ended by its own close, also by await using', async () => {
    const store = memoryStore()
    let closed = 0
    const wrapped = wrapStore(store, {
      close() {
        closed += 1
        return store.close()
      },
    })
    await wrapped[Symbol.asyncDispose]()
    expect(closed).toBe(1)
    await expect(store.ping()).rejects.toMatchObject({ code: 'SESS_CLOSED' })
  })

  test.each([null, undefined, 'memory'])('is a TypeError of what is no object: %s', (value) => {
    expect(() => wrapStore(value as never, {})).toThrow(TypeError)
    expect(() => wrapStore(memoryStore(), value as never)).toThrow(TypeError)
  })
})
