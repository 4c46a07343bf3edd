import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isSessionError } from '../../src/contract/errors.ts'
import type { Coalescer, CoalescerOptions } from '../../src/store/coalescer/coalescer.ts'
import { asIs, del, ManualTransport, openCoalescer, put, record, turn } from './manual-transport.ts'

let transport: ManualTransport
const open = (options: Partial<CoalescerOptions> = {}): Coalescer => openCoalescer(transport, options)
/** Lets time pass; what has waited for `timeoutMs` = 800 expires. */
const pass = async (ms: number) => {
  vi.advanceTimersByTime(ms)
  await turn()
}
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (isSessionError(error) && error.retryable ? error.code : error),
  )

beforeEach(() => {
  transport = new ManualTransport()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('time-outs', () => {
  it('rejects what was sent, what gathers and what waits in line, and sends what comes for other keys', async () => {
    const coalescer = open()
    const sent = codeOf(coalescer.write(put('a'), asIs))
    const inLine = codeOf(coalescer.write(del('a'), asIs))
    await turn()
    const gathering = codeOf(coalescer.write(put('b'), asIs))
    await pass(800)
    expect(await Promise.all([sent, inLine, gathering])).toEqual(['SESS_TIMEOUT', 'SESS_TIMEOUT', 'SESS_TIMEOUT'])
    const next = coalescer.write(put('c'), asIs)
    await turn()
    expect(transport.writes.map(({ operations }) => operations.map(({ key }) => key))).toEqual([['a'], ['c']])
    transport.writes[1]?.answer([true])
    expect(await next).toBe(true)
  })

  it('sends nothing on the key of a late write until the backend has settled that, and then goes on', async () => {
    const coalescer = open({ writeLanes: 4 })
    const late = codeOf(coalescer.write(put('a'), asIs))
    await pass(800)
    expect(await late).toBe('SESS_TIMEOUT')
    const after = codeOf(coalescer.write(del('a'), asIs))
    const reading = coalescer.read('a', asIs)
    await turn()
    expect([transport.writes.length, transport.reads.length]).toEqual([1, 0])
    transport.writes[0]?.answer([true])
    await turn()
    transport.writes[1]?.answer([true])
    await turn()
    transport.reads[0]?.answer([null])
    expect([await after, await reading]).toEqual(['done', null])
  })

  it('fails what waits for the key of a late write at its own deadline, and keeps the place of none', async () => {
    const coalescer = open({ writeLanes: 4 })
    const late = codeOf(coalescer.write(put('a'), asIs))
    await pass(800)
    await late
    const waiting = codeOf(coalescer.write(del('a'), asIs))
    await pass(800)
    expect(await waiting).toBe('SESS_TIMEOUT')
    transport.writes[0]?.fail(new Error('cancelled'))
    await turn()
    expect(transport.writes).toHaveLength(1)
    const next = codeOf(coalescer.write(del('a'), asIs))
    await turn()
    transport.writes[1]?.answer([false])
    expect(await next).toBe('done')
  })

  it('lets a read that is late go: the next operation on its key is sent', async () => {
    const coalescer = open()
    const late = codeOf(coalescer.read('a', asIs))
    await pass(800)
    expect(await late).toBe('SESS_TIMEOUT')
    const next = coalescer.read('a', asIs)
    await turn()
    transport.reads[0]?.answer([record('a', 'late')])
    transport.reads[1]?.answer([record('a', 'in time')])
    expect(await next).toEqual(record('a', 'in time'))
  })

  it('gives a lane that a late batch held back once, also when the late answer comes', async () => {
    const coalescer = open()
    const late = codeOf(coalescer.write(put('a'), asIs))
    await pass(800)
    await late
    void coalescer.write(put('b'), asIs)
    await turn()
    transport.writes[0]?.answer([true])
    await turn()
    void coalescer.write(put('c'), asIs)
    await turn()
    // One lane, and the batch of b is on its way: c must wait.
    expect(transport.writes).toHaveLength(2)
    transport.writes[1]?.answer([true])
    await turn()
    expect(transport.writes).toHaveLength(3)
  })

  it('does not fail an operation because an older one of its batch is late', async () => {
    const coalescer = open()
    void codeOf(coalescer.write(put('busy'), asIs))
    await turn()
    const old = codeOf(coalescer.write(put('a'), asIs))
    await pass(700)
    const young = codeOf(coalescer.write(put('b'), asIs))
    transport.writes[0]?.answer([true])
    await turn()
    expect(transport.writes[1]?.operations).toHaveLength(2)
    await pass(100)
    expect(await old).toBe('SESS_TIMEOUT')
    transport.writes[1]?.answer([true, true])
    expect(await young).toBe('done')
  })

  it('does not fail a reader because the one whose read it shares is late', async () => {
    const coalescer = open()
    const busy = codeOf(coalescer.read('busy', asIs))
    await turn()
    const first = codeOf(coalescer.read('a', asIs))
    await pass(700)
    const sharer = coalescer.read('a', asIs)
    await pass(100)
    expect(await Promise.all([busy, first])).toEqual(['SESS_TIMEOUT', 'SESS_TIMEOUT'])
    await turn()
    expect(transport.reads[1]?.keys).toEqual(['a'])
    transport.reads[1]?.answer([record('a')])
    expect(await sharer).toEqual(record('a'))
  })

  it('fails every reader of a shared read that failed', async () => {
    const coalescer = open()
    const reads = ['busy', 'a', 'a'].map((key) => codeOf(coalescer.read(key, asIs)))
    await turn()
    const lost = new Error('connection lost')
    transport.reads[0]?.fail(lost)
    expect(await Promise.all(reads)).toEqual([lost, lost, lost])
  })

  it('takes an answer that arrived in the turn in which the time is over', async () => {
    const coalescer = open()
    const reading = coalescer.read('a', asIs)
    await turn()
    vi.advanceTimersByTime(800)
    transport.reads[0]?.answer([null])
    expect(await reading).toBeNull()
  })

  it('starts its timer again after it has been idle, and stops it when nothing waits', async () => {
    const coalescer = open()
    for (let round = 0; round < 2; round += 1) {
      const answered = coalescer.read('a', asIs)
      await turn()
      vi.advanceTimersByTime(600)
      transport.reads.at(-1)?.answer([null])
      expect(await answered).toBeNull()
      vi.advanceTimersByTime(800)
      expect(vi.getTimerCount()).toBe(0)
      const late = codeOf(coalescer.read('b', asIs))
      await pass(800)
      expect(await late).toBe('SESS_TIMEOUT')
    }
  })
})

describe('the deadline of a call of several steps', () => {
  it('begins with the call, not with the step', async () => {
    const coalescer = open()
    const deadline = coalescer.deadline()
    const waiting = codeOf(coalescer.write(put('a'), asIs))
    const holding = coalescer.hold('a', deadline)
    await turn()
    await pass(700)
    transport.writes[0]?.answer([true])
    await waiting
    const held = await holding
    const reading = codeOf(held.read(asIs))
    await pass(100)
    expect(await reading).toBe('SESS_TIMEOUT')
    held.release()
  })

  it('does not run while its clock is stopped', async () => {
    const coalescer = open()
    const deadline = coalescer.deadline()
    const other = codeOf(coalescer.write(put('other'), asIs))
    const start = coalescer.stopClock(deadline)
    await pass(700)
    start()
    const writing = codeOf(coalescer.write(put('a'), asIs, deadline))
    await pass(700)
    expect(await other).toBe('SESS_TIMEOUT')
    transport.writes.at(-1)?.answer([true])
    expect(await writing).toBe('done')
  })
})

describe('idle', () => {
  it('resolves when every caller has an answer, also where the backend never gives one', async () => {
    const coalescer = open()
    await coalescer.idle()
    let isIdle = false
    const late = codeOf(coalescer.write(put('a'), asIs))
    const idle = coalescer.idle().then(() => {
      isIdle = true
    })
    await turn()
    assert(!isIdle)
    await pass(800)
    await idle
    expect(await late).toBe('SESS_TIMEOUT')
  })
})
