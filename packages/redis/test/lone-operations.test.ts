import { createHook } from 'node:async_hooks'
import { isSkipped, shared } from '@sess/testkit'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { closing } from './harness.ts'
import { open } from './opened.ts'

/** The promises and timers that a call makes. The least of some rounds: what others in this process make only adds to it. */
async function madeBy(call: () => Promise<unknown>): Promise<{ promises: number; timers: number }> {
  const least = { promises: Number.POSITIVE_INFINITY, timers: Number.POSITIVE_INFINITY }
  for (let round = 0; round < 10; round += 1) {
    const made = new Map<string, number>()
    const hook = createHook({ init: (_id, type) => void made.set(type, (made.get(type) ?? 0) + 1) })
    hook.enable()
    const promise = call()
    await promise
    hook.disable()
    least.promises = Math.min(least.promises, made.get('PROMISE') ?? 0)
    least.timers = Math.min(least.timers, made.get('Timeout') ?? 0)
  }
  return least
}

describe.skipIf(isSkipped('redis7'))('an operation without company', () => {
  it.each([
    ['ioredis', 4],
    ['node-redis', 6], // two are the driver's
  ])('makes few promises and no timer of its own, with %s', async (name, most) => {
    const { url } = await shared('redis7')
    const { openPeer } = await open()
    const store = name === 'ioredis' ? openPeer() : openPeer({ url: undefined, client: closing(createClient({ url })) })
    const session = await store.create({ data: { theme: 'dark' } })
    const { promises: ownOfTest } = await madeBy(() => waiting)
    const calls: Record<string, () => Promise<unknown>> = {
      load: () => store.load(session.id),
      exists: () => store.exists(session.id),
      save: () => store.save(session),
      'save with a condition': () => store.save(session, { if: 'exists' }),
      touch: () => store.touch(session.id),
      delete: () => store.delete('x'.repeat(43)),
    }
    for (const [call, run] of Object.entries(calls)) {
      const { promises, timers } = await madeBy(run)
      expect(promises - ownOfTest, call).toBeLessThanOrEqual(most)
      expect(timers, call).toBe(0)
    }
  })
})

const waiting = Promise.resolve()
