import assert from 'node:assert/strict'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { isSessionError } from '../../src/contract/errors.ts'
import type { Coalescer, CoalescerOptions } from '../../src/store/coalescer/coalescer.ts'
import type { PendingLimits } from '../../src/store/pending.ts'
import { asIs, del, ManualTransport, openCoalescer, put, record, turn } from './manual-transport.ts'

let transport: ManualTransport
const open = (options: Partial<CoalescerOptions & PendingLimits> = {}): Coalescer => openCoalescer(transport, options)

beforeEach(() => {
  transport = new ManualTransport()
})

describe('batches', () => {
  it('sends at once when idle, and gathers the next batch while one is under way', async () => {
    const coalescer = open()
    const first = coalescer.read('a', asIs)
    await turn()
    const later = ['d', 'c', 'b'].map((key) => coalescer.read(key, asIs))
    await turn()
    expect(transport.reads.map(({ keys }) => keys)).toEqual([['a']])
    transport.reads[0]?.answer([record('a')])
    expect(await first).toEqual(record('a'))
    await turn()
    expect(transport.reads.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c', 'd']])
    transport.reads[1]?.answer([record('b'), null, record('d')])
    expect(await Promise.all(later)).toEqual([record('d'), null, record('b')])
  })

  it.each([
    ['answered', (batch: { answer(outcomes: null[]): void }) => batch.answer([null, null])],
    ['refused', (batch: { fail(error: Error): void }) => batch.fail(new Error('refused'))],
  ])('lets callers who were %s and ask again travel with those who wait for the place', async (_how, end) => {
    const coalescer = open({ readLanes: 1 })
    const readAgain = (key: string) => {
      const again = () => coalescer.read(key, asIs)
      return coalescer.read(key, asIs).then(again, again)
    }
    void readAgain('a')
    void readAgain('b')
    await turn()
    void coalescer.read('c', asIs)
    end(transport.reads[0] as never)
    await turn()
    expect(transport.reads.map(({ keys }) => keys)).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
    ])
  })

  it('gathers the writes of one turn of the event loop for a backend that asks for it', async () => {
    const coalescer = open({ gatherWritesFor: 'turn' })
    void coalescer.write(put('a'), asIs)
    for (let ticks = 0; ticks < 100; ticks += 1) await null
    await new Promise((resolve) => process.nextTick(resolve))
    void coalescer.write(put('b'), asIs)
    expect(transport.writes).toHaveLength(0)
    await turn()
    expect(transport.writes.map(({ operations }) => operations.length)).toEqual([2])
  })

  it('bounds a batch by operations and by bytes, and the batches under way by lanes', async () => {
    const coalescer = open({ maxOperations: 3, writeLanes: 2 })
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) void coalescer.write(put(key), asIs)
    await turn()
    expect(transport.writes.map(({ operations }) => operations.length)).toEqual([3, 3])
    transport.writes[1]?.answer([true, true, true])
    await turn()
    expect(transport.writes[2]?.operations).toHaveLength(1)

    transport = new ManualTransport()
    const byBytes = open({ maxPendingBytes: 10_000_000 })
    for (const key of ['a', 'b', 'c']) void byBytes.write(put(key, 'x'.repeat(600_000)), asIs)
    await turn()
    expect(transport.writes[0]?.operations).toHaveLength(1)
  })

  it('splits a long queue evenly over the free lanes, but never splits fewer than 32', async () => {
    const coalescer = open({ readLanes: 3 })
    const load = (count: number) => {
      for (let n = 0; n < count; n += 1) void coalescer.read(`${Math.random()}`, asIs)
    }
    load(31)
    await turn()
    load(80)
    await turn()
    expect(transport.reads.map(({ keys }) => keys.length)).toEqual([31, 40, 40])
    load(500)
    transport.reads[1]?.answer(Array.from({ length: 40 }, () => null))
    await turn()
    expect(transport.reads.map(({ keys }) => keys.length)).toEqual([31, 40, 40, 64])
  })

  it('asks a backend that answers in the same tick for a first read at once, and gathers those beside it', async () => {
    const read = vi.fn((keys: readonly string[]) => keys.map((key) => record(key)))
    const coalescer = openCoalescer({ isOpen: true, read, write: () => [] }, { immediate: 'first-read' })
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
    await turn()
    expect(transport.reads).toHaveLength(2)
    expect(transport.writes).toHaveLength(0)
    transport.reads[0]?.fail(new Error('nobody hears of it'))
    transport.reads[1]?.answer([record('a', 'before the write')])
    expect(await loaded).toEqual(record('a', 'before the write'))
    await turn()
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
    await turn()
    transport.reads[0]?.answer([null])
    expect(await read).toBeNull()
  })

  it('fails alone the one operation whose outcome is an error', async () => {
    const coalescer = open()
    const outcomes = ['a', 'b', 'c'].map((key) => coalescer.write(put(key), asIs))
    await turn()
    transport.writes[0]?.answer([true, new Error('poison'), true])
    const settled = await Promise.allSettled(outcomes)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('rejects every operation of a batch that failed, and goes on with the next', async () => {
    const coalescer = open()
    const lost = Promise.allSettled(['a', 'b'].map((key) => coalescer.read(key, asIs)))
    await turn()
    const next = coalescer.read('a', asIs)
    transport.reads[0]?.fail(new Error('connection lost'))
    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await turn()
    transport.reads[1]?.answer([null])
    expect(await next).toBeNull()
  })

  it('fails only the caller whose result can not be made', async () => {
    const coalescer = open()
    const bad = coalescer.read('a', () => {
      throw new Error('corrupt')
    })
    const good = coalescer.read('b', asIs)
    await turn()
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
    await turn()
    expect(transport.writes).toHaveLength(1)
    expect(transport.reads).toHaveLength(0)
    transport.writes[0]?.answer([true])
    await turn()
    transport.writes[1]?.answer([true])
    await turn()
    transport.reads[0]?.answer([null])
    await turn()
    expect(order).toEqual(['put', 'delete', 'read'])
  })

  it('lets readers of one key share a read that has not been sent', async () => {
    const coalescer = open()
    void coalescer.read('busy', asIs)
    await turn()
    const shared = [coalescer.read('a', asIs), coalescer.read('a', asIs), coalescer.read('a', asIs)]
    transport.reads[0]?.answer([null])
    await turn()
    expect(transport.reads[1]?.keys).toEqual(['a'])
    transport.reads[1]?.answer([record('a')])
    expect(await Promise.all(shared)).toEqual([record('a'), record('a'), record('a')])
  })

  it('never lets a reader share a read that was sent before a write', async () => {
    const coalescer = open()
    void coalescer.read('a', asIs)
    await turn()
    void coalescer.write(put('a'), asIs)
    const after = coalescer.read('a', asIs)
    transport.reads[0]?.answer([null])
    await turn()
    transport.writes[0]?.answer([true])
    await turn()
    transport.reads[1]?.answer([record('a')])
    expect(await after).toEqual(record('a'))
  })

  it('sends the steps of a call that holds a key before all that was issued after it', async () => {
    const coalescer = open()
    const order: string[] = []
    const holding = coalescer.hold('a', coalescer.deadline())
    void coalescer.read('a', () => order.push('later read'))
    const held = await holding
    void held.read(() => order.push('held read'))
    await turn()
    expect(transport.reads).toHaveLength(1)
    transport.reads[0]?.answer([null])
    await turn()
    held.release()
    held.release()
    await turn()
    transport.reads[1]?.answer([null])
    await turn()
    expect(order).toEqual(['held read', 'later read'])
  })

  it('keeps a key that was given back while a step of its holder is on its way', async () => {
    const coalescer = open({ writeLanes: 2 })
    const held = await coalescer.hold('a', coalescer.deadline())
    void held.write(put('a'), asIs)
    held.release()
    void coalescer.write(del('a'), asIs)
    await turn()
    expect(transport.writes).toHaveLength(1)
    transport.writes[0]?.answer([true])
    await turn()
    expect(transport.writes).toHaveLength(2)
  })

  it('does not mix up a state and a session with the same key', async () => {
    const coalescer = open()
    void coalescer.write(put('a'), asIs)
    void coalescer.write({ kind: 'consumeState', key: 'a' }, asIs)
    await turn()
    expect(transport.writes[0]?.operations.map(({ kind }) => kind).sort()).toEqual(['consumeState', 'put'])
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
    await turn()
    transport.reads[0]?.answer([null, null])
    await turn()
    const again = coalescer.read('c', asIs)
    await turn()
    transport.reads[1]?.answer([null])
    expect(await again).toBeNull()
  })

  it('counts readers who share a read each for themselves, and gives all their places back', async () => {
    const coalescer = open({ maxPending: 3 })
    const reads = [coalescer.read('busy', asIs)]
    await turn()
    reads.push(coalescer.read('a', asIs), coalescer.read('a', asIs))
    await assert.rejects(coalescer.read('a', asIs), (error) => isSessionError(error, 'SESS_UNAVAILABLE'))
    transport.reads[0]?.answer([null])
    await turn()
    transport.reads[1]?.answer([null])
    await Promise.all(reads)
    for (const key of ['a', 'b', 'c']) void coalescer.read(key, asIs)
    await assert.rejects(coalescer.read('d', asIs), (error) => isSessionError(error, 'SESS_UNAVAILABLE'))
  })

  it('gives the bytes of a write back once it is answered, has failed, or has timed out and settled', async () => {
    const coalescer = open({ maxPendingBytes: 100 })
    const write = () => coalescer.write(put('a', 'x'.repeat(80)), asIs)
    for (const end of [
      (sent: ManualTransport['writes'][number]) => sent.answer([true]),
      (sent: ManualTransport['writes'][number]) => sent.answer([new Error('refused')]),
      (sent: ManualTransport['writes'][number]) => sent.fail(new Error('connection lost')),
    ]) {
      const outcome = write().catch((error: Error) => error.message)
      await assert.rejects(write(), (error) => isSessionError(error, 'SESS_UNAVAILABLE'))
      await turn()
      end(transport.writes.at(-1) as ManualTransport['writes'][number])
      await outcome
    }
  })
})
