import type { RecordPage, SessionRecord } from '@sess/core'
import { describe, expect, test } from 'vitest'
import { dialects, openBackend, type SqlBackend } from './engines.ts'
import { now, record, rotation } from './records.ts'

async function put(backend: SqlBackend, ...records: SessionRecord[]): Promise<void> {
  await backend.write(
    records.map((one) => ({ kind: 'put', key: one.key, record: one })),
    now,
  )
}

async function inSteps<S extends { readonly cursor: string | null }>(
  step: (cursor: string | null) => S | Promise<S>,
): Promise<S[]> {
  const all: S[] = []
  do all.push(await step(all.at(-1)?.cursor ?? null))
  while (all.at(-1)?.cursor != null)
  return all
}

async function listed(backend: SqlBackend, identityKey: string): Promise<SessionRecord[]> {
  const pages = await inSteps((cursor) => backend.listByIdentity(identityKey, cursor, 100, now))
  return pages.flatMap(({ records }) => records as SessionRecord[]).sort((a, b) => a.key.localeCompare(b.key))
}

async function ended(backend: SqlBackend, identityKey: string, exceptKey: string | null = null): Promise<number> {
  const steps = await inSteps((cursor) => backend.deleteByIdentity(identityKey, exceptKey, cursor, 100, now))
  return steps.reduce((sum, step) => sum + step.ended, 0)
}

function keys(records: RecordPage['records']): string[] {
  return records.map((one) => (one as SessionRecord).key).sort()
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

  test('clean-up removes what has expired in bounded steps, oldest first, each from where the last one ended', async () => {
    const { backend, driver } = await openBackend(dialect)
    const hour = 3_600_000
    const old = Array.from({ length: 10 }, (_, index) => record(`old-${index}`, { expiresAt: (10 - index) * hour }))
    await put(backend, ...old, record('live', { expiresAt: 10 * hour + 1 }))
    const first = await backend.cleanExpired(null, 4, 10 * hour)
    expect(first).toEqual({ sessions: 4, cursor: expect.any(String) })
    const left = await backend.scan(null, 100, 0)
    expect(keys(left.records)).toEqual(['live', 'old-0', 'old-1', 'old-2', 'old-3', 'old-4', 'old-5'])
    // What is older than the cursor has been passed over: the step begins in the index at the cursor.
    await put(backend, record('older', { expiresAt: 1 }))
    const second = await backend.cleanExpired(first.cursor, 4, 10 * hour)
    expect(second).toEqual({ sessions: 4, cursor: expect.any(String) })
    expect(await backend.read(['older'])).toEqual([expect.objectContaining({ key: 'older' })])
    const rest = [second]
    while (rest.at(-1)?.cursor) rest.push(await backend.cleanExpired(rest.at(-1)?.cursor as string, 4, 10 * hour))
    expect(rest.map(({ sessions }) => sessions).reduce((sum, sessions) => sum + sessions)).toBe(6)
    expect(keys((await backend.scan(null, 100, 0)).records)).toEqual(['live', 'older'])
    driver.sent.length = 0
    expect(await backend.cleanExpired(null, 4, 10 * hour)).toEqual({ sessions: 1, cursor: expect.any(String) })
    expect(driver.sent).toHaveLength(1)
  })

  test('clean-up goes on in smaller steps where the server ends those of the usual size', async () => {
    const { backend, driver } = await openBackend(dialect)
    await put(backend, ...Array.from({ length: 200 }, (_, index) => record(`old-${index}`, { expiresAt: index })))
    let ended = 0
    driver.before = ({ statement, values }) => {
      if (!statement.text.startsWith('delete') || Number(values[statement.parameters.indexOf('limit')]) <= 20) return
      ended += 1
      throw new Error('too long')
    }
    const steps = await inSteps((cursor) => backend.cleanExpired(cursor, 100, now))
    expect(steps.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(200)
    expect(await backend.count(-1)).toBe(0)
    // It does not try the usual size at each step.
    expect(ended).toBeLessThan(steps.length / 2)
    driver.before = ({ statement }) => {
      if (statement.text.startsWith('delete')) throw new Error('too long')
    }
    await expect(backend.cleanExpired(null, 100, now)).rejects.toThrow('too long')
  })

  test('clean-up removes expired states too, and counts only sessions', async () => {
    const { backend, driver } = await openBackend(dialect)
    const states = ['a', 'b', 'c'].map((key) => ({ key, expiresAt: key === 'c' ? now + 1 : now, payload: '{}' }))
    await backend.write(
      states.map((one) => ({ kind: 'putState', key: one.key, record: one })),
      now,
    )
    expect(await inSteps((cursor) => backend.cleanExpired(cursor, 2, now))).toMatchObject([
      { sessions: 0 },
      { sessions: 0 },
      { sessions: 0, cursor: null },
    ])
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
    expect(await listed(backend, 'zoe')).toEqual(zoe)
    expect(await ended(backend, 'zoe', 'b')).toBe(2)
    expect(await listed(backend, 'zoe')).toEqual([zoe[1]])
    expect(await ended(backend, 'zoe')).toBe(1)
    expect(await ended(backend, 'zoe')).toBe(0)
    expect(await backend.count(now)).toBe(2)
  })

  test('many sessions of an identity come in pages, though most were made in one millisecond, and rotated ones too', async () => {
    const { backend } = await openBackend(dialect)
    const all = Array.from({ length: 300 }, (_, index) =>
      record(`key-${String(index).padStart(3, '0')}`, {
        identityKey: 'zoe',
        createdAt: index < 220 ? 100 : 100 + index,
        payload: `${index}`,
      }),
    )
    // The places of the rows and the order of their keys have nothing to do with each other.
    await put(backend, ...all.filter((_, index) => index % 2), ...all.filter((_, index) => index % 2 === 0).reverse())
    const found = new Set<string>()
    const moved = new Set<string>()
    const pages = await inSteps(async (cursor) => {
      const page = await backend.listByIdentity('zoe', cursor, 10, now)
      for (const one of page.records) found.add((one as SessionRecord).payload)
      // One that is yet to come moves to where the pages have been already.
      const next = all.findLast(({ payload }) => !found.has(payload) && !moved.has(payload))
      if (next !== undefined) await backend.write([rotation(next, `a-${moved.size}`)], now)
      if (next !== undefined) moved.add(next.payload)
      return page
    })
    expect([...found].sort()).toEqual(all.map(({ payload }) => payload).sort())
    expect(moved.size).toBeGreaterThan(dialect.identityPages.by === 'creation' ? 1 : 12)
    if (dialect.identityPages.by === 'rowId') expect(pages.length).toBe(30)
  })

  test('many sessions of an identity end in bounded steps, one that is rotated meanwhile too, and those made since stay', async () => {
    const { backend } = await openBackend(dialect)
    const all = Array.from({ length: 300 }, (_, index) =>
      record(`key-${index}`, { identityKey: 'zoe', createdAt: 500 + (index % 7) }),
    )
    await put(backend, ...all)
    let made = 0
    const steps = await inSteps(async (cursor) => {
      const step = await backend.deleteByIdentity('zoe', 'key-7', cursor, 10, now)
      const [left] = await listed(backend, 'zoe')
      if (left !== undefined && left.key !== 'key-7') await backend.write([rotation(left, `a-${made}`)], now)
      await put(backend, record(`new-${made++}`, { identityKey: 'zoe', createdAt: 507 }))
      return step
    })
    expect(Math.max(...steps.map((step) => step.ended))).toBeLessThanOrEqual(19)
    const left = keys(await listed(backend, 'zoe'))
    expect(left.filter((key) => !key.startsWith('new-'))).toEqual(['key-7'])
    expect(left.length).toBeGreaterThan(steps.length - 2)
  })

  test('ending the sessions of an identity comes to an end though further ones begin in the same millisecond', async () => {
    const { backend } = await openBackend(dialect)
    const batch = (name: string) =>
      Array.from({ length: 20 }, (_, index) => record(`${name}-${index}`, { identityKey: 'zoe' }))
    await put(backend, ...batch('first'))
    // What others have is not among what is to be ended.
    await put(backend, ...Array.from({ length: 2_000 }, (_, index) => record(`other-${index}`, { identityKey: 'max' })))
    let steps = 0
    let cursor: string | null = null
    do {
      cursor = (await backend.deleteByIdentity('zoe', null, cursor, 10, now)).cursor
      steps += 1
      await put(backend, ...batch(`later-${steps}`))
    } while (cursor !== null && steps < 100)
    expect(steps).toBeLessThan(30)
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
      found.push(...(page.records as SessionRecord[]))
      sizes.push(page.records.length)
      cursor = page.cursor
    } while (cursor !== null)
    expect(found).toEqual(all.slice(5))
    expect(sizes).toEqual([5, 10, 5])
  })
})
