import assert from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import type { StoreOptions } from '../../src/config/store-options.ts'
import { isSessionError } from '../../src/contract/errors.ts'
import type { SessionBackend, SessionRecord, WriteOperation, WriteOutcome } from '../../src/store/backend.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'

/** The least that a third party can start with: a read, and the writes that save, load and delete need. */
class SmallBackend implements SessionBackend {
  readonly type = 'small'
  readonly writes = ['put', 'replace', 'delete'] as const
  readonly records = new Map<string, SessionRecord>()

  async read(keys: readonly string[]): Promise<(SessionRecord | null)[]> {
    return keys.map((key) => this.records.get(key) ?? null)
  }

  async write(operations: readonly WriteOperation[], now: number): Promise<WriteOutcome[]> {
    return operations.map((operation) => {
      const stored = this.records.get(operation.key)
      const live = stored !== undefined && stored.expiresAt > now ? stored : null
      if (operation.kind === 'put') {
        this.records.set(operation.key, operation.record)
        return true
      }
      if (operation.kind === 'replace') {
        if (live === null) return null
        const { createdAt, deadline } = live
        const record = {
          ...operation.record,
          createdAt,
          deadline,
          expiresAt: operation.record.expiresAt ?? live.expiresAt,
        }
        this.records.set(operation.key, record)
        return record
      }
      this.records.delete(operation.key)
      return live !== null
    })
  }

  async ping(): Promise<void> {}
  async close(): Promise<void> {}
}

const inAnHour = () => new Date(Date.now() + 3_600_000)

describe('a backend with the least', () => {
  it('makes a store that saves, loads and deletes, and says what it lacks', async () => {
    const store = createSessionStore(new SmallBackend())
    const saved = await store.save({ id: 'by-hand', expiresAt: inAnHour(), data: { n: 1 } })
    assert.deepStrictEqual(await store.load('by-hand'), saved)
    expect(await store.delete('by-hand')).toBe(true)
    await assert.rejects(store.save(saved), (error) => isSessionError(error, 'SESS_GONE'))
    const { handles, ...lacks } = store.capabilities
    expect(handles).toBe(true)
    expect(Object.values(lacks).every((capability) => capability === false)).toBe(true)
    expect(Object.isFrozen(store.capabilities)).toBe(true)
    await assert.rejects(store.create(), (error) => isSessionError(error, 'SESS_UNSUPPORTED'))
    await assert.rejects(store.entries().next(), (error) => isSessionError(error, 'SESS_UNSUPPORTED'))
  })
})

describe('options', () => {
  const wrong: [name: string, options: object, message: RegExp][] = [
    ['a duration without unit', { ttl: '24' }, /ttl/],
    ['a ttl of zero', { ttl: 0 }, /ttl/],
    ['a way to keep ids that there is not', { ids: 'sha1' }, /ids/],
    ['a time-out of zero', { timeoutMs: 0 }, /timeoutMs/],
    ['a limit that is no whole number', { maxBytes: 1.5 }, /maxBytes/],
    ['a clock that is no function', { now: 5 }, /now/],
    ['several at once', { ttl: 'x', maxPending: 0 }, /ttl.*maxPending/s],
  ]

  it.each(wrong)('are refused with SESS_CONFIG: %s', (_name, options, message) => {
    assert.throws(
      () => createSessionStore(new SmallBackend(), options as StoreOptions),
      (error) => isSessionError(error, 'SESS_CONFIG') && message.test(error.message),
    )
  })
})

describe('opening', () => {
  it('is tried again after it failed, once for all who wait', async () => {
    let tries = 0
    const backend: SessionBackend = Object.assign(new SmallBackend(), {
      async open() {
        tries += 1
        if (tries === 1) throw new Error('connection refused')
      },
    })
    const store = createSessionStore(backend)
    const outcomes = await Promise.allSettled([store.load('a'), store.load('b'), store.ping()])
    expect(tries).toBe(1)
    for (const outcome of outcomes)
      assert(outcome.status === 'rejected' && isSessionError(outcome.reason, 'SESS_UNAVAILABLE'))
    expect(await store.load('a')).toBeNull()
    expect(tries).toBe(2)
  })
})

describe('errors', () => {
  it('tell an unknown failure of the driver as SESS_UNAVAILABLE, and keep what the driver attached to themselves', async () => {
    const backend = new SmallBackend()
    backend.read = async () => {
      throw Object.assign(new Error('boom'), { code: 'E1', command: { args: ['the-secret-id'] } })
    }
    const error = await createSessionStore(backend)
      .load('the-secret-id')
      .catch((reason: unknown) => reason)
    assert(isSessionError(error, 'SESS_UNAVAILABLE'))
    const { inspect } = await import('node:util')
    expect(inspect(error, { depth: 9 })).not.toContain('the-secret-id')
    expect(error.retryable).toBe(true)
    expect(error.cause).toMatchObject({ name: 'Error', code: 'E1' })
    expect(error.message).toMatch(/: the server failed for an unknown reason \(Error E1\)$/)
    expect(inspect(error.cause)).not.toContain('boom')
  })

  it('tell a record that sess did not write as SESS_CORRUPT, and still delete it', async () => {
    const backend = new SmallBackend()
    const store = createSessionStore(backend, { ids: 'plain' })
    await store.save({ id: 'ours', expiresAt: inAnHour() })
    const [ours] = [...backend.records.values()] as [SessionRecord]
    for (const payload of [
      '',
      'null',
      '[]',
      '{"data":{}}',
      '{"identity":5,"data":{}}',
      '{"identity":null,"data":[]}',
    ]) {
      backend.records.set(ours.key, { ...ours, payload })
      await assert.rejects(store.load('ours'), (error) => isSessionError(error, 'SESS_CORRUPT'))
    }
    expect(await store.delete('ours')).toBe(true)
  })
})
