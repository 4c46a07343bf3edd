import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { isSessionError, openStore } from '@sess/core'
import { MemoryStorage, memoryStore } from '@sess/memory'
import { describe, expect, it } from 'vitest'

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

  it('takes what it removes out of the identity index too', async () => {
    const store = memoryStore({ maxSessions: 1 })
    const ada = { providerId: 'github', externalId: 'ada' }
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
    const core = new URL('../../core/src/store/create-session-store.ts', import.meta.url)
    const backend = new URL('../src/backend.ts', import.meta.url)
    const storage = new URL('../src/storage.ts', import.meta.url)
    const script = `
      import { createSessionStore } from '${core}'
      import { MemoryBackend } from '${backend}'
      import { MemoryStorage } from '${storage}'
      const store = createSessionStore(new MemoryBackend(new MemoryStorage(), 10), { cleanupInterval: 1000 })
      await store.create()
      process.stdout.write('open')`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 30_000,
    })
    expect(stdout).toBe('open')
  })
})
