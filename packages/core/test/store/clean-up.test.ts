import { describe, expect, it } from 'vitest'
import type { SessionBackend } from '../../src/store/backend.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'

/** Has three steps of expired sessions, and blocks as it removes them. */
class FullBackend implements SessionBackend {
  readonly type = 'full'
  readonly writes = ['put', 'replace', 'delete'] as const
  readonly cleanUpStep?: number
  readonly limits: number[] = []
  readonly cursors: (string | null)[] = []
  /** How often the event loop had turned at each step. */
  readonly turnsAtStep: number[] = []
  #turns = 0

  constructor(cleanUpStep?: number) {
    if (cleanUpStep !== undefined) this.cleanUpStep = cleanUpStep
    this.#countTurns()
  }

  read = () => []
  write = () => []
  ping() {}
  close() {}

  cleanExpired(cursor: string | null, limit: number) {
    this.limits.push(limit)
    this.cursors.push(cursor)
    this.turnsAtStep.push(this.#turns)
    return { sessions: limit, cursor: this.limits.length < 3 ? `after ${this.limits.length}` : null }
  }

  #countTurns() {
    this.#turns += 1
    if (this.limits.length < 3) setImmediate(() => this.#countTurns())
  }
}

describe('a clean-up of more than one step', () => {
  it.each([
    ['says', 10, 10],
    ['leaves to the store, 256', undefined, 256],
  ])('goes in steps of what the backend %s', async (_name, cleanUpStep, limit) => {
    const backend = new FullBackend(cleanUpStep)
    expect(await createSessionStore(backend).cleanExpired()).toBe(3 * limit)
    expect(backend.limits).toEqual([limit, limit, limit])
    expect(backend.cursors).toEqual([null, 'after 1', 'after 2'])
  })

  it('lets the event loop turn four times between two steps, for whoever waits', async () => {
    const backend = new FullBackend()
    await createSessionStore(backend).cleanExpired()
    const [first = 0, second = 0, third = 0] = backend.turnsAtStep
    expect(second - first).toBeGreaterThanOrEqual(4)
    expect(third - second).toBeGreaterThanOrEqual(4)
  })
})
