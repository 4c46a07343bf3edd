import type { SessionStore } from '@sess/core'
import { sqliteStore } from '@sess/sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

/** How many turns the event loop made until the work was done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let isDone = false
  const done = () => {
    isDone = true
  }
  work.then(done, done)
  let turns = 0
  for (; !isDone; turns += 1) await new Promise((resolve) => setImmediate(resolve))
  await work
  return turns
}

describe('of one person with very many sessions', () => {
  const sessions = 10_000
  const identity = { providerId: 'github', externalId: 'a robot' }
  const folder = temporaryFolder()
  let store: SessionStore
  beforeAll(async () => {
    store = sqliteStore({ path: `${folder.path}/sessions.db`, synchronous: 'normal' })
    const create = () => store.create({ identity, data: { text: 'x'.repeat(300) } })
    for (let made = 0; made < sessions; made += 1000) await Promise.all(Array.from({ length: 1000 }, create))
  })
  afterAll(async () => {
    await store?.close()
    folder.remove()
  })

  /** A piece of work holds the loop up for a few hundred rows, and not for all. */
  const atLeast = sessions / 1000

  test('the list lets others have the event loop', async () => {
    const list = store.listByIdentity(identity, { limit: sessions })
    expect(await turnsOf(list)).toBeGreaterThan(atLeast)
    expect(await list).toHaveLength(sessions)
  })

  test('so does the export', async () => {
    const all = (async () => {
      let count = 0
      for await (const _ of store.entries()) count += 1
      return count
    })()
    expect(await turnsOf(all)).toBeGreaterThan(atLeast)
    expect(await all).toBe(sessions)
  })

  test('so does signing out everywhere', async () => {
    const ended = store.deleteByIdentity(identity)
    expect(await turnsOf(ended)).toBeGreaterThan(atLeast)
    expect(await ended).toBe(sessions)
  })
})
