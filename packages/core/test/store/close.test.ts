import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { everyMethod, type Surroundings, surroundingsOf } from './every-method.ts'
import { MapBackend } from './map-backend.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

let backend: MapBackend
let store: SessionStore
let surroundings: Surroundings
let reported: Error[]

beforeEach(async () => {
  backend = new MapBackend()
  reported = []
  store = createSessionStore(backend, { timeoutMs: 40, onBackgroundError: (error) => void reported.push(error) })
  surroundings = await surroundingsOf(store)
  backend.asked.length = 0
})

describe('close', () => {
  it.each(Object.entries(everyMethod))(
    'waits for %s that was called before it, each of its steps',
    async (_name, call) => {
      let release = () => {}
      backend.before = (asked) =>
        asked === 'close'
          ? undefined
          : new Promise<void>((resolve) => {
              release = resolve
            })
      const outcome = call(surroundings)
      const closing = store.close()
      let isClosed = false
      void closing.then(() => {
        isClosed = true
      })
      await turn()
      expect(isClosed).toBe(false)
      expect(backend.asked).not.toContain('close')
      backend.before = () => undefined
      release()
      await outcome
      await closing
      expect(backend.asked.filter((asked) => asked === 'close')).toEqual(['close'])
      expect(backend.asked.at(-1)).toBe('close')
    },
  )

  it('waits for a create whose first ids are taken', async () => {
    const ids = ['taken', 'taken', 'free']
    const second = createSessionStore(backend, { generateId: () => ids.shift() ?? '' })
    await second.save({ id: 'taken', expiresAt: new Date(Date.now() + 1e6) })
    const creating = second.create()
    await second.close()
    expect((await creating).id).toBe('free')
  })

  it('resolves where an async change hangs, once that has timed out', async () => {
    store = createSessionStore(backend, { timeoutMs: 40, updateTimeoutMs: 40 })
    const updating = store.update(surroundings.session.id, () => new Promise(() => {}))
    await Promise.all([store.close(), expect(updating).rejects.toMatchObject({ code: 'SESS_TIMEOUT' })])
  })

  it('resolves where the backend is silent, and where it fails to close', async () => {
    backend.before = () => new Promise(() => {})
    const loading = store.load(surroundings.session.id)
    await Promise.all([store.close(), expect(loading).rejects.toMatchObject({ code: 'SESS_TIMEOUT' })])
    expect(reported).toMatchObject([{ code: 'SESS_TIMEOUT' }])

    const failing = new MapBackend()
    failing.before = () => {
      throw new Error('will not close')
    }
    await createSessionStore(failing, { onBackgroundError: (error) => void reported.push(error) }).close()
    expect(reported[1]).toMatchObject({ code: 'SESS_UNAVAILABLE' })
  })
})

describe('a call that fails and that nobody awaits', () => {
  it('surfaces as an unhandled rejection, whatever the method', async () => {
    const script = new URL('unawaited.ts', import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', script])
    expect(JSON.parse(stdout)).toEqual(Object.keys(everyMethod).map((name) => [name, 'SESS_UNAVAILABLE']))
  })
})

describe('what waits for the backend', () => {
  it.each(Object.entries(everyMethod))('is bounded by maxPending, %s too', async (_name, call) => {
    const bounded = createSessionStore(backend, { maxPending: 2 })
    const { promise: silence, resolve: answer } = Promise.withResolvers<void>()
    backend.before = () => silence
    const waiting = [bounded.load('a'), bounded.load('b')]
    await expect(call({ ...surroundings, store: bounded })).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      retryable: true,
    })
    answer()
    await Promise.all(waiting)
    await call({ ...surroundings, store: bounded })
  })
})
