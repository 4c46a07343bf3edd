import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { isSessionError, openStore, type SessionStore } from '@sess/core'
import { MemoryStorage, memoryStore } from '@sess/memory'
import { describe, expect, it } from 'vitest'

const ada = { providerId: 'github', externalId: 'ada' }

async function live(store: SessionStore, ...sessions: { id: string }[]): Promise<boolean[]> {
  const loaded: boolean[] = []
  // A list reads without using.
  const handles = new Set<string>()
  for await (const { handle } of store.entries()) handles.add(handle)
  for (const { id } of sessions) loaded.push(handles.has(hash('sha256', id, 'base64url')))
  return loaded
}

/** A sequence of numbers from 0 to 1, the same at every run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Known {
  readonly id: string
  expiresAt: number
  isAnonymous: boolean
  usedAt: number
}

/** A few hundred calls at random; after each the store must have what one has that searches all its sessions. */
async function compareWithSearch(random: () => number): Promise<void> {
  const maxSessions = 8
  let now = 1_000
  const store = memoryStore({ maxSessions, now: () => now })
  const known = new Map<string, Known>()
  let uses = 0
  const pick = () => [...known.values()][Math.floor(random() * known.size)]
  for (let step = 0; step < 300; step += 1) {
    now += Math.floor(random() * 20)
    uses += 1
    const one = pick()
    const isLive = one !== undefined && one.expiresAt > now
    const dice = random()
    if (dice < 0.45 || one === undefined) {
      const ttl = 1 + Math.floor(random() * 200)
      const identity = random() < 0.5 ? ada : null
      const { id } = await store.create({ identity, ttl })
      known.set(id, { id, expiresAt: now + ttl, isAnonymous: identity === null, usedAt: uses })
      if (known.size > maxSessions) {
        const order = [...known.values()].filter((each) => each.id !== id)
        const rank = (each: Known) => (each.expiresAt <= now ? 0 : each.isAnonymous ? 1 : 2)
        order.sort((a, b) => rank(a) - rank(b) || (rank(a) === 0 ? 0 : a.usedAt - b.usedAt))
        // Which of several expired ones goes is nobody's business: none of them can be seen.
        if (order[0] !== undefined) known.delete(order[0].id)
      }
    } else if (dice < 0.6) {
      const ttl = 1 + Math.floor(random() * 200)
      if ((await store.touch(one.id, { ttl })) !== null) Object.assign(one, { expiresAt: now + ttl, usedAt: uses })
    } else if (dice < 0.75) {
      await store.load(one.id)
      if (isLive) one.usedAt = uses
    } else if (dice < 0.85) {
      await store.update(one.id, (session) => {
        session.identity = session.identity === null ? ada : null
      })
      if (isLive) Object.assign(one, { isAnonymous: !one.isAnonymous, usedAt: uses })
    } else if (dice < 0.95) {
      await store.delete(one.id)
      known.delete(one.id)
    } else {
      await store.cleanExpired()
      for (const { id, expiresAt } of [...known.values()]) if (expiresAt <= now) known.delete(id)
    }
    const expected = [...known.values()].filter((each) => each.expiresAt > now)
    expect(await live(store, ...expected)).toEqual(expected.map(() => true))
    expect(await store.count()).toBe(expected.length)
  }
}

describe('maxSessions', () => {
  it('removes the session that has gone unused longest when there is one too many', async () => {
    const store = memoryStore({ maxSessions: 3 })
    const sessions = [await store.create(), await store.create(), await store.create()]
    const [oldest, second, third] = sessions.map(({ id }) => id) as [string, string, string]
    await store.load(oldest)
    await store.touch(second)
    const { id: newest } = await store.create()
    expect(await store.count()).toBe(3)
    const exist = await Promise.all([oldest, second, third, newest].map((id) => store.exists(id)))
    expect(exist).toEqual([true, true, false, true])
  })

  it('removes a session without a person before one with, so that strangers sign nobody out', async () => {
    const store = memoryStore({ maxSessions: 50 })
    const person = await store.create({ identity: ada })
    const strangers: string[] = []
    for (let n = 0; n < 200; n += 1) strangers.push((await store.create()).id)
    expect(await store.exists(person.id)).toBe(true)
    const alive = await Promise.all(strangers.map((id) => store.exists(id)))
    expect(alive).toEqual(strangers.map((_, index) => index >= 200 - 49))
  })

  it('removes what has expired before anything that lives', async () => {
    let now = 1_000
    const store = memoryStore({ maxSessions: 4, now: () => now })
    const touched = await store.create({ ttl: 1_000 })
    const expiring = await store.create({ identity: ada, ttl: 5_000 })
    const shortened = await store.create({ identity: ada, ttl: 60_000 })
    const stranger = await store.create({ ttl: 60_000 })
    await store.touch(touched.id, { ttl: 60_000 })
    await store.touch(shortened.id, { ttl: 2_000 })
    now += 3_000
    const first = await store.create({ identity: ada })
    expect(await live(store, touched, expiring, shortened, stranger, first)).toEqual([true, true, false, true, true])
    now += 3_000
    const second = await store.create()
    expect(await live(store, touched, expiring, stranger, first, second)).toEqual([true, false, true, true, true])
    const third = await store.create()
    expect(await live(store, touched, stranger, first, second, third)).toEqual([true, false, true, true, true])
  })

  it('knows who is signed in after a sign-in and a sign-out of the same session', async () => {
    const store = memoryStore({ maxSessions: 2 })
    const one = await store.create()
    const two = await store.create({ identity: ada })
    await store.update(one.id, (session) => {
      session.identity = ada
    })
    await store.update(two.id, (session) => {
      session.identity = null
    })
    await store.load(two.id)
    const three = await store.create({ identity: ada })
    expect(await live(store, one, two, three)).toEqual([true, false, true])
  })

  it('never removes what is just being written', async () => {
    const store = memoryStore({ maxSessions: 2 })
    await store.create({ identity: ada })
    await store.create({ identity: ada })
    const stranger = await store.create()
    expect(await store.load(stranger.id)).toEqual(stranger)
    expect(await store.count()).toBe(2)
  })

  it('does what a plain search through all sessions would', async () => {
    const random = randomFrom(7)
    for (let round = 0; round < 20; round += 1) await compareWithSearch(random)
  })

  it('takes what it removes out of the identity index too', async () => {
    const store = memoryStore({ maxSessions: 1 })
    await store.create({ identity: ada })
    await store.create()
    expect(await store.listByIdentity(ada)).toEqual([])
    expect(await store.deleteByIdentity(ada)).toBe(0)
  })

  it('bounds the states likewise, oldest first', async () => {
    const store = memoryStore({ maxSessions: 2 })
    const states = [await store.putState(), await store.putState(), await store.putState()]
    const consumed = await Promise.all(states.map((state) => store.consumeState(state)))
    expect(consumed.map((state) => state !== null)).toEqual([false, true, true])
  })

  it.each([0, -1, 1.5, 'many'])('is refused with SESS_CONFIG when it is %s', (maxSessions) => {
    assert.throws(
      () => memoryStore({ maxSessions: maxSessions as number }),
      (error) => isSessionError(error, 'SESS_CONFIG') && /maxSessions/.test(error.message),
    )
  })
})

describe('storage', () => {
  it('is shared by the stores that it is handed to, and outlives them', async () => {
    const storage = new MemoryStorage()
    const one = memoryStore({ storage })
    const { id } = await one.create({ data: { n: 1 } })
    await one.close()
    expect((await memoryStore({ storage }).load(id))?.data).toEqual({ n: 1 })
    expect(await memoryStore().load(id)).toBeNull()
  })

  it('keeps nothing of a session or state that expired, once it is cleaned, however many there are', async () => {
    let now = 1_000
    const storage = new MemoryStorage()
    const store = memoryStore({ storage, now: () => now })
    const identity = { providerId: 'p', externalId: 'e' }
    for (let n = 0; n < 3_000; n += 1) await store.create({ identity, ttl: n % 3 === 0 ? 60_000 : 1_000 })
    await store.putState({ ttl: 1_000 })
    now += 1_000
    expect(await store.cleanExpired()).toBe(2_000)
    expect(storage.size).toBe(1_000)
    expect(storage.states.size).toBe(0)
    now += 60_000
    expect(await store.cleanExpired()).toBe(1_000)
    expect([storage.size, [...storage.identities()]]).toEqual([0, []])
  })
})

describe('openStore', () => {
  it('opens a memory store by URL, by object, and where no type is given', async () => {
    for (const input of [
      'memory:',
      'memory:?max_sessions=5',
      { type: 'memory', config: { max_sessions: 5 } },
      {},
      { session_store: { config: { max_sessions: 5 } } },
    ]) {
      const store = await openStore(input as unknown)
      expect(await store.count()).toBe(0)
    }
  })

  it('refuses a memory URL with an address', async () => {
    await assert.rejects(openStore('memory:./file'), (error) => isSessionError(error, 'SESS_CONFIG'))
  })
})

describe('the process', () => {
  it('ends while a store is open: no timer keeps it alive', async () => {
    const sources = new URL('../../testkit/src/stores/source-imports.ts', import.meta.url).href
    const script = `
      import { memoryStore } from '@sess/memory'
      const store = memoryStore({ maxSessions: 10, cleanupInterval: 1000 })
      await store.create()
      process.stdout.write('open')`
    const args = ['--import', sources, '--input-type=module', '-e', script]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 })
    expect(stdout).toBe('open')
  })
})
