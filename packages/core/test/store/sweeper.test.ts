import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Sweeper } from '../../src/store/sweeper.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const longestGap = 1_000 * 1.25
const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms)

it('sweeps again and again, between three and five quarters of the interval apart', async () => {
  const sweep = vi.fn(async () => 0)
  const sweeper = new Sweeper({ intervalMs: 1_000, sweep, onError: () => {} })
  await advance(749)
  expect(sweep).toHaveBeenCalledTimes(0)
  await advance(longestGap - 749)
  expect(sweep).toHaveBeenCalledTimes(1)
  await advance(longestGap * 3)
  expect(sweep.mock.calls.length).toBeGreaterThanOrEqual(4)
  sweeper.stop()
})

it('reports a failed sweep, survives it, and survives a listener that throws', async () => {
  const onError = vi.fn(() => {
    throw new Error('listener')
  })
  const sweep = vi.fn(() => Promise.reject(new Error('down')))
  const sweeper = new Sweeper({ intervalMs: 1_000, sweep, onError })
  await advance(longestGap * 2)
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'down' }))
  expect(sweep.mock.calls.length).toBeGreaterThanOrEqual(2)
  sweeper.stop()
})

it('never overlaps itself', async () => {
  let finish = () => {}
  const sweep = vi.fn(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve
      }),
  )
  const sweeper = new Sweeper({ intervalMs: 1_000, sweep, onError: () => {} })
  await advance(longestGap * 4)
  expect(sweep).toHaveBeenCalledTimes(1)
  finish()
  await advance(longestGap)
  expect(sweep).toHaveBeenCalledTimes(2)
  sweeper.stop()
})

it('sweeps no more, and reports no more, once it was stopped', async () => {
  const onError = vi.fn()
  let fail = (_error: Error) => {}
  const sweep = vi.fn(
    () =>
      new Promise((_resolve, reject) => {
        fail = reject
      }),
  )
  const sweeper = new Sweeper({ intervalMs: 1_000, sweep, onError })
  await advance(longestGap)
  sweeper.stop()
  fail(new Error('closed'))
  await advance(longestGap * 2)
  expect(sweep).toHaveBeenCalledTimes(1)
  expect(onError).not.toHaveBeenCalled()
})
