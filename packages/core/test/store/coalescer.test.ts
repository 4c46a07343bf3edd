import assert from 'node:assert/strict'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { isSessionError } from '../../src/contract/errors.ts'
import type { SessionRecord, WriteOperation, WriteOutcome } from '../../src/store/backend.ts'
import { Coalescer, type CoalescerOptions, type Transport } from '../../src/store/coalescer.ts'

/** A transport whose answers the test gives, so that every interleaving is forced. */
class ManualTransport implements Transport {
  readonly isOpen = true
  readonly reads: {
    keys: readonly string[]
    answer(records: (SessionRecord | null)[]): void
    fail(error: Error): void
  }[] = []
  readonly writes: {
    operations: readonly WriteOperation[]
    answer(outcomes: WriteOutcome[]): void
    fail(error: Error): void
  }[] = []

  read(keys: readonly string[]): Promise<(SessionRecord | null)[]> {
    return new Promise((answer, fail) => this.reads.push({ keys, answer, fail }))
  }

  write(operations: readonly WriteOperation[]): Promise<WriteOutcome[]> {
    return new Promise((answer, fail) => this.writes.push({ operations, answer, fail }))
  }
}

const record = (key: string, payload = '{}'): SessionRecord => ({
  key,
  version: `version of ${key}`,
  createdAt: 0,
  expiresAt: 1,
  deadline: null,
  identityKey: null,
  payload,
})
const put = (key: string, payload?: string) => ({ kind: 'put', key, record: record(key, payload) }) as const
const del = (key: string) => ({ kind: 'delete', key }) as const
const asIs = <T>(value: T): T => value
const microtasks = () => new Promise((resolve) => setImmediate(resolve))

let transport: ManualTransport
const usual: CoalescerOptions = {
  maxOperations: 64,
  readLanes: 1,
  writeLanes: 1,
  timeoutMs: 5_000,
  maxPending: 1_000,
  maxPendingBytes: 1_000_000,
  toError: (error) => error as Error,
}
const open = (options: Partial<CoalescerOptions> = {}) => new Coalescer(transport, { ...usual, ...options })

beforeEach(() => {
  transport = new ManualTransport()
})

describe('batches', () => {
  it('sends at once when idle, and gathers the next batch while one is under way', async () => {
    const coalescer = open()
    const first = coalescer.read('a', asIs)
    await microtasks()
    const later = ['d', 'c', 'b'].map((key) => coalescer.read(key, asIs))
    await microtasks()
    expect(transport.reads.map(({ keys }) => keys)).toEqual([['a']])
    transport.reads[0]?.answer([record('a')])
    expect(await first).toEqual(record('a'))
    await microtasks()
    expect(transport.reads.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c', 'd']])
    transport.reads[1]?.answer([record('b'), null, record('d')])
    expect(await Promise.all(later)).toEqual([record('d'), null, record('b')])
  })

  it('gathers the writes of one turn of the event loop for a backend that asks for it', async () => {
    const coalescer = open({ gatherWritesFor: 'turn' })
    void coalescer.write(put('a'), asIs)
    for (let ticks = 0; ticks < 100; ticks += 1) await null
    await new Promise((resolve) => process.nextTick(resolve))
    void coalescer.write(put('b'), asIs)
    expect(transport.writes).toHaveLength(0)
    await microtasks()
    expect(transport.writes.map(({ operations }) => operations.length)).toEqual([2])
  })

  it('bounds a batch by operations and by bytes, and the batches under way by lanes', async () => {
    const coalescer = open({ maxOperations: 3, writeLanes: 2 })
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) void coalescer.write(put(key), asIs)
    await microtasks()
    expect(transport.writes.map(({ operations }) => operations.length)).toEqual([3, 3])
    transport.writes[1]?.answer([true, true, true])
    await microtasks()
    expect(transport.writes[2]?.operations).toHaveLength(1)

    transport = new ManualTransport()
    const byBytes = open({ maxPendingBytes: 10_000_000 })
    for (const key of ['a', 'b', 'c']) void byBytes.write(put(key, 'x'.repeat(600_000)), asIs)
    await microtasks()
    expect(transport.writes[0]?.operations).toHaveLength(1)
  })

  it('gives of many that wait a share to each free lane, and divides no few', async () => {
    const coalescer = open({ readLanes: 3 })
    const load = (count: number) => {
      for (let n = 0; n < count; n += 1) void coalescer.read(`${Math.random()}`, asIs)
    }
    load(31)
    await microtasks()
    load(80)
    await microtasks()
    expect(transport.reads.map(({ keys }) => keys.length)).toEqual([31, 40, 40])
    load(500)
    transport.reads[1]?.answer(Array.from({ length: 40 }, () => null))
    await microtasks()
    expect(transport.reads.map(({ keys }) => keys.length)).toEqual([31, 40, 40, 64])
  })

  it('asks a backend that answers in the same tick for a first read at once, and gathers those beside it', async () => {
    const read = vi.fn((keys: readonly string[]) => keys.map((key) => record(key)))
    const coalescer = new Coalescer({ isOpen: true, read, write: () => [] }, { ...usual, immediate: 'first-read' })
    const reads = ['c', 'b', 'a'].map((key) => coalescer.read(key, asIs))
    expect(read.mock.calls).toEqual([[['c']]])
    expect(await Promise.all(reads)).toEqual([record('c'), record('b'), record('a')])
    expect(read.mock.calls).toEqual([[['c']], [['a', 'b']]])
    await coalescer.read('d', asIs)
    expect(read.mock.calls[2]).toEqual([['d']])
  })

  it('makes a first read again in its turn where the backend does not answer in the same tick', async () => {
    const coalescer = open({ immediate: 'first-read' })
    const loaded = coalescer.read('a', asIs)
    void coalescer.write(put('a'), asIs)
    await microtasks()
    expect(transport.reads).toHaveLength(2)
    expect(transport.writes).toHaveLength(0)
    transport.reads[0]?.fail(new Error('nobody hears of it'))
    transport.reads[1]?.answer([record('a', 'before the write')])
    expect(await loaded).toEqual(record('a', 'before the write'))
    await microtasks()
    expect(transport.writes).toHaveLength(1)
  })

  it("never makes a write twice: of a backend with immediate: 'all' that answers later, it is an error", async () => {
    const coalescer = open({ immediate: 'all' })
    await expect(coalescer.write(put('a'), asIs)).rejects.toThrow('answers in the same tick')
    expect(transport.writes).toHaveLength(1)
  })

  it('does not let a read wait for a slow write of another key', async () => {
    const coalescer = open()
    void coalescer.write(put('a'), asIs)
    const read = coalescer.read('b', asIs)
    await microtasks()
    transport.reads[0]?.answer([null])
    expect(await read).toBeNull()
  })

  it('fails alone the one operation whose outcome is an error', async () => {
    const coalescer = open()
    const outcomes = ['a', 'b', 'c'].map((key) => coalescer.write(put(key), asIs))
    await microtasks()
    transport.writes[0]?.answer([true, new Error('poison'), true])
    const settled = await Promise.allSettled(outcomes)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('rejects every operation of a batch that failed, and goes on with the next', async () => {
    const coalescer = open()
    const lost = Promise.allSettled(['a', 'b'].map((key) => coalescer.read(key, asIs)))
    await microtasks()
    const next = coalescer.read('a', asIs)
    transport.reads[0]?.fail(new Error('connection lost'))
    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await microtasks()
    transport.reads[1]?.answer([null])
    expect(await next).toBeNull()
  })

  it('fails only the caller whose result can not be made', async () => {
    const coalescer = open()
    const bad = coalescer.read('a', () => {
      throw new Error('corrupt')
    })
    const good = coalescer.read('b', asIs)
    await microtasks()
    transport.reads[0]?.answer([null, null])
    await assert.rejects(bad, /corrupt/)
    expect(await good).toBeNull()
  })
})

describe('order on one key', () => {
  it('sends an operation when the one before it has taken effect', async () => {
    const coalescer = open({ writeLanes: 4 })
    const order: string[] = []
    void coalescer.write(put('a'), () => order.push('put'))
    void coalescer.write(del('a'), () => order.push('delete'))
    void coalescer.read('a', () => order.push('read'))
    await microtasks()
    expect(transport.writes).toHaveLength(1)
    expect(transport.reads).toHaveLength(0)
    transport.writes[0]?.answer([true])
    await microtasks()
    transport.writes[1]?.answer([true])
    await microtasks()
    transport.reads[0]?.answer([null])
    await microtasks()
    expect(order).toEqual(['put', 'delete', 'read'])
  })

  it('lets readers of one key share a read that has not been sent', async () => {
    const coalescer = open()
    void coalescer.read('busy', asIs)
    await microtasks()
    const shared = [coalescer.read('a', asIs), coalescer.read('a', asIs), coalescer.read('a', asIs)]
    transport.reads[0]?.answer([null])
    await microtasks()
    expect(transport.reads[1]?.keys).toEqual(['a'])
    transport.reads[1]?.answer([record('a')])
    expect(await Promise.all(shared)).toEqual([record('a'), record('a'), record('a')])
  })

  it('never lets a reader share a read that was sent before a write', async () => {
    const coalescer = open()
    void coalescer.read('a', asIs)
    await microtasks()
    void coalescer.write(put('a'), asIs)
    const after = coalescer.read('a', asIs)
    transport.reads[0]?.answer([null])
    await microtasks()
    transport.writes[0]?.answer([true])
    await microtasks()
    transport.reads[1]?.answer([record('a')])
    expect(await after).toEqual(record('a'))
  })

  it('keeps what is issued after an exclusive function behind it, but not what that function issues itself', async () => {
    const coalescer = open()
    let release = () => {}
    const order: string[] = []
    const exclusive = coalescer.exclusive('a', async (held) => {
      await held.read(asIs)
      order.push('held read')
      await held.call(() => coalescer.read('a', asIs))
      order.push('nested read')
      await new Promise<void>((resolve) => {
        release = resolve
      })
      order.push('released')
    })
    void coalescer.read('a', () => order.push('later read'))
    await microtasks()
    transport.reads[0]?.answer([null])
    await microtasks()
    transport.reads[1]?.answer([null])
    await microtasks()
    expect(transport.reads).toHaveLength(2)
    release()
    await exclusive
    await microtasks()
    transport.reads[2]?.answer([null])
    await microtasks()
    expect(order).toEqual(['held read', 'nested read', 'released', 'later read'])
  })

  it('does not mix up a state and a session with the same key', async () => {
    const coalescer = open()
    void coalescer.write(put('a'), asIs)
    void coalescer.write({ kind: 'takeState', key: 'a' }, asIs)
    await microtasks()
    expect(transport.writes[0]?.operations.map(({ kind }) => kind).sort()).toEqual(['put', 'takeState'])
  })
})

describe('bounds', () => {
  it('refuses a further operation with a retryable SESS_UNAVAILABLE, and takes one again when there is room', async () => {
    const coalescer = open({ maxPending: 2 })
    void coalescer.read('a', asIs)
    void coalescer.read('b', asIs)
    await assert.rejects(
      coalescer.read('c', asIs),
      (error) => isSessionError(error, 'SESS_UNAVAILABLE') && error.retryable,
    )
    await microtasks()
    transport.reads[0]?.answer([null, null])
    await microtasks()
    const again = coalescer.read('c', asIs)
    await microtasks()
    transport.reads[1]?.answer([null])
    expect(await again).toBeNull()
  })

  it('bounds the bytes that wait', async () => {
    const coalescer = open({ maxPendingBytes: 100 })
    void coalescer.write(put('a', 'x'.repeat(80)), asIs)
    await assert.rejects(coalescer.write(put('b', 'x'.repeat(80)), asIs), (error) =>
      isSessionError(error, 'SESS_UNAVAILABLE'),
    )
  })
})

describe('time-outs', () => {
  it('rejects what was sent, what gathers and what waits in line, and the lane is free again', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const coalescer = open({ timeoutMs: 800 })
      const sent = coalescer.write(put('a'), asIs)
      const inLine = coalescer.write(del('a'), asIs)
      await microtasks()
      const gathering = coalescer.write(put('b'), asIs)
      const settled = Promise.allSettled([sent, inLine, gathering])
      vi.advanceTimersByTime(800)
      for (const outcome of await settled) {
        assert(
          outcome.status === 'rejected' && isSessionError(outcome.reason, 'SESS_TIMEOUT') && outcome.reason.retryable,
        )
      }
      const next = coalescer.write(put('a'), asIs)
      await microtasks()
      transport.writes[1]?.answer([true])
      expect(await next).toBe(true)
      // The late answer of the first batch settles nothing and frees no lane a second time.
      transport.writes[0]?.answer([true])
      await microtasks()
      void coalescer.write(put('c'), asIs)
      void coalescer.write(put('d'), asIs)
      await microtasks()
      expect(transport.writes).toHaveLength(3)
    } finally {
      vi.useRealTimers()
    }
  })

  it('never rejects an operation that was answered in time, and stops its timer when nothing waits', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const coalescer = open({ timeoutMs: 800 })
      const read = coalescer.read('a', asIs)
      await microtasks()
      vi.advanceTimersByTime(600)
      transport.reads[0]?.answer([null])
      expect(await read).toBeNull()
      vi.advanceTimersByTime(800)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('idle', () => {
  it('resolves when nothing is under way', async () => {
    const coalescer = open()
    await coalescer.idle()
    void coalescer.write(put('a'), asIs)
    let isIdle = false
    const idle = coalescer.idle().then(() => {
      isIdle = true
    })
    await microtasks()
    expect(isIdle).toBe(false)
    transport.writes[0]?.answer([true])
    await idle
  })
})
