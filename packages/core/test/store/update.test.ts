import { AsyncLocalStorage } from 'node:async_hooks'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Session } from '../../src/contract/session.ts'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const gate = () => Promise.withResolvers<void>()
const codeOf = (call: Promise<unknown>) =>
  call.then(
    (value) => value,
    (error: { code?: unknown }) => error.code,
  )

let backend: MapBackend
let store: SessionStore
let session: Session

beforeEach(async () => {
  backend = new MapBackend()
  store = createSessionStore(backend)
  session = await store.create({ data: { n: 0 } })
})

const add = ({ data }: Session) => {
  data.n = Number(data.n) + 1
}

describe('while an async change runs', () => {
  it('loads, exists, touches, saves and deletes of its session pass, and are not asked for twice', async () => {
    const { promise: running, resolve: end } = gate()
    let runs = 0
    const updating = store.update(session.id, async (fresh) => {
      runs += 1
      await running
      add(fresh)
    })
    await turn()
    expect(await store.exists(session.id)).toBe(true)
    expect((await store.load(session.id))?.data).toEqual({ n: 0 })
    const touched = await store.touch(session.id, { ttl: '7d' })
    end()
    const updated = await updating
    expect([updated?.data, updated?.expiresAt, runs]).toEqual([{ n: 1 }, touched, 1])
    expect((await store.load(session.id))?.expiresAt).toEqual(touched)
  })

  it('a save passes, and the change runs again on what was saved', async () => {
    const { promise: running, resolve: end } = gate()
    const updating = store.update(session.id, async (fresh) => {
      await running
      add(fresh)
    })
    await turn()
    await store.save({ ...session, data: { n: 10 } })
    end()
    expect((await updating)?.data).toEqual({ n: 11 })
  })

  it('a delete passes and is final', async () => {
    const { promise: running, resolve: end } = gate()
    const updating = store.update(session.id, async () => running)
    await turn()
    expect(await store.delete(session.id)).toBe(true)
    end()
    expect(await updating).toBeNull()
    expect(await store.load(session.id)).toBeNull()
  })

  it('updates and rotations wait, in their order, and those who wait keep no later call waiting', async () => {
    const { promise: running, resolve: end } = gate()
    const order: string[] = []
    const first = store.update(session.id, async (fresh) => {
      await running
      add(fresh)
      order.push('first')
    })
    await turn()
    const second = store.update(session.id, (fresh) => {
      add(fresh)
      order.push('second')
    })
    const rotating = store.rotate(session.id)
    expect((await store.load(session.id))?.data).toEqual({ n: 0 })
    end()
    expect([(await first)?.data, (await second)?.data, (await rotating)?.data]).toEqual([{ n: 1 }, { n: 2 }, { n: 2 }])
    expect(order).toEqual(['first', 'second'])
  })

  it('its write takes its place when it has ended: what was issued before it is seen, what is issued after comes after', async () => {
    const { promise: running, resolve: end } = gate()
    const updating = store.update(session.id, async (fresh) => {
      await running
      add(fresh)
    })
    await turn()
    const before = store.load(session.id)
    end()
    await updating
    const after = store.load(session.id)
    expect([(await before)?.data, (await after)?.data]).toEqual([{ n: 0 }, { n: 1 }])
  })
})

describe('the bounds of an update', () => {
  it('a change that does not end is SESS_TIMEOUT after updateTimeoutMs, writes nothing, and lets the next update go', async () => {
    store = createSessionStore(backend, { updateTimeoutMs: 40 })
    const { promise: hanging, resolve: end } = gate()
    const updating = codeOf(
      store.update(session.id, async (fresh) => {
        await hanging
        add(fresh)
      }),
    )
    await turn()
    const next = store.update(session.id, add)
    expect(await updating).toBe('SESS_TIMEOUT')
    expect((await next)?.data).toEqual({ n: 1 })
    end()
    await turn()
    expect((await store.load(session.id))?.data).toEqual({ n: 1 })
  })

  it('one that waits for a change that does not end gives up after timeoutMs', async () => {
    store = createSessionStore(backend, { timeoutMs: 40, updateTimeoutMs: 100_000 })
    const { promise: hanging, resolve: end } = gate()
    const updating = store.update(session.id, () => hanging)
    await turn()
    const waited = { code: 'SESS_TIMEOUT', message: expect.stringContaining('another change of this session') }
    await expect(store.update(session.id, add)).rejects.toMatchObject(waited)
    await expect(store.rotate(session.id)).rejects.toMatchObject(waited)
    end()
    expect((await updating)?.data).toEqual({ n: 0 })
  })

  it('the time in which a change runs does not count for timeoutMs', async () => {
    store = createSessionStore(backend, { timeoutMs: 40 })
    const other = await store.create()
    const updated = await store.update(session.id, async (fresh) => {
      // Others wait meanwhile, for longer than timeoutMs: so the clock of the store runs.
      backend.before = () => new Promise(() => {})
      expect(await codeOf(store.load(other.id))).toBe('SESS_TIMEOUT')
      backend.before = () => undefined
      add(fresh)
    })
    expect(updated?.data).toEqual({ n: 1 })
  })

  it('two updates whose changes update the session of the other end with an error', async () => {
    store = createSessionStore(backend, { timeoutMs: 40 })
    const other = await store.create({ data: { n: 0 } })
    const { promise: both, resolve: bothRun } = gate()
    let running = 0
    const crosswise = (id: string, otherId: string) =>
      codeOf(
        store.update(id, async (fresh) => {
          running += 1
          if (running === 2) bothRun()
          await both
          await store.update(otherId, add)
          add(fresh)
        }),
      )
    const outcomes = await Promise.all([crosswise(session.id, other.id), crosswise(other.id, session.id)])
    expect(outcomes).toContain('SESS_TIMEOUT')
    expect((await store.update(session.id, add))?.id).toBe(session.id)
  })

  it('waits no second timeoutMs for its own answer after it has waited behind another call', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      store = createSessionStore(backend, { timeoutMs: 800 })
      const { promise: slow, resolve: answer } = gate()
      backend.before = (asked) => (asked === 'replace' ? slow : new Promise(() => {}))
      const saving = codeOf(store.save(session).then(() => 'saved'))
      const updating = codeOf(store.update(session.id, add))
      vi.advanceTimersByTime(600)
      answer()
      expect(await saving).toBe('saved')
      vi.advanceTimersByTime(200)
      expect(await updating).toBe('SESS_TIMEOUT')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the async context', () => {
  const request = new AsyncLocalStorage<string>()

  it('of a change is that of its caller, also where it waited for another or runs again', async () => {
    const seen: (string | undefined)[] = []
    const { promise: running, resolve: end } = gate()
    const first = request.run('first', () =>
      store.update(session.id, async () => {
        await running
      }),
    )
    await turn()
    let runs = 0
    const second = request.run('second', () =>
      store.update(session.id, async (fresh) => {
        seen.push(request.getStore())
        runs += 1
        // Another writer comes between.
        if (runs === 1) {
          const stored = backend.records.values().next().value
          if (stored !== undefined) backend.records.set(stored.key, { ...stored, version: 'of another process' })
        }
        add(fresh)
      }),
    )
    const third = request.run('third', () => store.update(session.id, () => void seen.push(request.getStore())))
    end()
    await Promise.all([first, second, third])
    expect(seen).toEqual(['second', 'second', 'third'])
  })
})

describe('code that a change has started', () => {
  it('may update the same session while the change runs', async () => {
    let runs = 0
    const updated = await store.update(session.id, async (fresh) => {
      runs += 1
      if (runs === 1) await store.update(session.id, add)
      add(fresh)
    })
    expect([updated?.data, runs]).toEqual([{ n: 2 }, 2])
  })

  it('waits in the order of its session once the change has ended', async () => {
    let later = (): Promise<unknown> => Promise.resolve()
    const { promise: running, resolve: end } = gate()
    await store.update(session.id, async () => {
      const inContext = AsyncLocalStorage.snapshot()
      later = () => inContext(() => store.update(session.id, add))
    })
    const other = store.update(session.id, async () => {
      await running
    })
    await turn()
    const late = later()
    let isDone = false
    void late.then(() => {
      isDone = true
    })
    await turn()
    await turn()
    expect(isDone).toBe(false)
    end()
    await Promise.all([other, late])
    for (let round = 0; round < 20; round += 1) {
      const { id } = await store.create()
      await store.update(id, async () => {
        const inContext = AsyncLocalStorage.snapshot()
        later = () =>
          inContext(() => Promise.all([store.save({ id, expiresAt: new Date(Date.now() + 1e6) }), store.delete(id)]))
      })
      await later()
      expect(await store.load(id)).toBeNull()
    }
  })
})
