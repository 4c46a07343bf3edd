import { describe, expect, it } from 'vitest'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

/** A key of the form that hashes of ids have. */
const movedTo = 'moved'.padEnd(43, 'd')
const person = { providerId: 'github', externalId: 'ada' }

async function fiveSessions() {
  const backend = new MapBackend()
  const store = createSessionStore(backend)
  // The backend has pages of two, so that the session whose change fails is followed by others of its page and of later pages.
  for (let n = 0; n < 5; n += 1) await store.create({ identity: person, data: { n } })
  const numbers = async () => (await store.listByIdentity(person)).map(({ data }) => [data.n, data.role]).sort()
  return { backend, store, numbers }
}

const allButTheFirst = [
  [0, undefined],
  [1, 'admin'],
  [2, 'admin'],
  [3, 'admin'],
  [4, 'admin'],
]

describe('updateByIdentity with a change that fails for one session', () => {
  it.each([
    [
      'throws',
      (error: Error) => {
        throw error
      },
    ],
    ['rejects', (error: Error) => Promise.reject(error)],
  ])('writes all others and rejects with the error, where the change %s', async (_how, fail) => {
    const { store, numbers } = await fiveSessions()
    const thrown = new Error('no')
    const changed = store.updateByIdentity(person, ({ data }) => {
      if (data.n === 0) return fail(thrown)
      data.role = 'admin'
      return undefined
    })
    await expect(changed).rejects.toBe(thrown)
    expect(await numbers()).toEqual(allButTheFirst)
  })

  it('calls it once for that session, also where a rotation makes a second pass necessary', async () => {
    const { store, backend, numbers } = await fiveSessions()
    const moving = await store.save({ id: 'moving', identity: person, data: { n: 5 } })
    let calls = 0
    let isRotated = false
    backend.before = async (asked) => {
      if (asked !== 'compareAndSwap' || isRotated) return
      isRotated = true
      const record = backend.records.get(moving.handle)
      backend.records.delete(moving.handle)
      if (record) backend.records.set(movedTo, { ...record, key: movedTo })
    }
    const changed = store.updateByIdentity(person, ({ data }) => {
      if (data.n === 0) {
        calls += 1
        throw new Error('no')
      }
      data.role = 'admin'
    })
    await expect(changed).rejects.toThrow('no')
    expect(calls).toBe(1)
    expect(await numbers()).toEqual([...allButTheFirst, [5, 'admin']])
  })

  it('takes a promise of another library for one', async () => {
    const { store, numbers } = await fiveSessions()
    const changed = await store.updateByIdentity(person, (summary) => {
      const result = Promise.resolve({ ...summary, data: { ...summary.data, role: 'admin' } })
      // biome-ignore lint/suspicious/noThenProperty: a promise of another library is such an object
      return { then: result.then.bind(result) } as never
    })
    expect(changed).toBe(5)
    expect((await numbers()).every(([, role]) => role === 'admin')).toBe(true)
  })
})
