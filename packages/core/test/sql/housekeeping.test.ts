import { describe, expect, test } from 'vitest'
import type { SessionRecord } from '../../src/store/backend.ts'
import { dialects, openBackend, type SqlBackend } from './engines.ts'
import { now, record } from './records.ts'

async function put(backend: SqlBackend, ...records: SessionRecord[]): Promise<void> {
  await backend.write(
    records.map((one) => ({ kind: 'put', key: one.key, record: one })),
    now,
  )
}

describe.each(Object.entries(dialects))('%s', (_name, dialect) => {
  test('only what lives is counted, to the millisecond', async () => {
    const { backend } = await openBackend(dialect)
    await put(
      backend,
      record('a', { expiresAt: 2_000 }),
      record('b', { expiresAt: 2_001 }),
      record('c', { expiresAt: 9e12 }),
    )
    expect([
      await backend.count(1_999),
      await backend.count(2_000),
      await backend.count(2_001),
      await backend.count(9e12),
    ]).toEqual([3, 2, 1, 0])
  })

  test('clean-up removes what has expired in bounded steps, oldest first, and says whether there is more', async () => {
    const { backend } = await openBackend(dialect)
    const hour = 3_600_000
    const old = Array.from({ length: 10 }, (_, index) => record(`old-${index}`, { expiresAt: (10 - index) * hour }))
    await put(backend, ...old, record('live', { expiresAt: 10 * hour + 1 }))
    expect(await backend.cleanExpired(10 * hour, 4)).toEqual({ sessions: 4, more: true })
    const left = await backend.scan(null, 100, 0)
    expect(left.records.map(({ key }) => key).sort()).toEqual([
      'live',
      'old-0',
      'old-1',
      'old-2',
      'old-3',
      'old-4',
      'old-5',
    ])
    expect(await backend.cleanExpired(10 * hour, 4)).toEqual({ sessions: 4, more: true })
    expect(await backend.cleanExpired(10 * hour, 4)).toEqual({ sessions: 2, more: true })
    expect(await backend.cleanExpired(10 * hour, 4)).toEqual({ sessions: 0, more: false })
    expect(await backend.read(['live'])).toEqual([expect.objectContaining({ key: 'live' })])
  })

  test('clean-up removes expired states too, and counts only sessions', async () => {
    const { backend, driver } = await openBackend(dialect)
    const states = ['a', 'b', 'c'].map((key) => ({ key, expiresAt: key === 'c' ? now + 1 : now, payload: '{}' }))
    await backend.write(
      states.map((one) => ({ kind: 'putState', key: one.key, record: one })),
      now,
    )
    expect(await backend.cleanExpired(now, 2)).toEqual({ sessions: 0, more: true })
    expect(await backend.cleanExpired(now, 2)).toEqual({ sessions: 0, more: false })
    expect(driver.database.prepare('select key from sess_sessions_states').all()).toEqual([{ key: 'c' }])
  })

  test('the sessions of an identity are listed and ended, all but one if asked, and only live ones count', async () => {
    const { backend } = await openBackend(dialect)
    const zoe = ['a', 'b', 'c'].map((key) => record(key, { identityKey: 'zoe' }))
    await put(
      backend,
      ...zoe,
      record('d', { identityKey: 'zoe', expiresAt: now }),
      record('e', { identityKey: 'max' }),
      record('f'),
    )
    expect([...(await backend.listByIdentity('zoe', now))].sort((x, y) => x.key.localeCompare(y.key))).toEqual(zoe)
    expect(await backend.deleteByIdentity('zoe', 'b', now)).toBe(2)
    expect(await backend.listByIdentity('zoe', now)).toEqual([zoe[1]])
    expect(await backend.deleteByIdentity('zoe', null, now)).toBe(1)
    expect(await backend.deleteByIdentity('zoe', null, now)).toBe(0)
    expect(await backend.count(now)).toBe(2)
  })

  test('a scan pages through every live session once, and reads no more than a page at a time', async () => {
    const { backend } = await openBackend(dialect)
    const all = Array.from({ length: 25 }, (_, index) =>
      record(`key-${String(index).padStart(2, '0')}`, index < 5 ? { expiresAt: now } : {}),
    )
    await put(backend, ...all)
    const found: SessionRecord[] = []
    const sizes: number[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<SqlBackend['scan']>> = await backend.scan(cursor, 10, now)
      found.push(...page.records)
      sizes.push(page.records.length)
      cursor = page.cursor
    } while (cursor !== null)
    expect(found).toEqual(all.slice(5))
    expect(sizes).toEqual([5, 10, 5])
  })
})
