import type { SessionRecord, WriteOperation } from '@sess/core'
import { describe, expect, test } from 'vitest'
import type { SqlResult } from '../src/index.ts'
import { dialects, openBackend } from './engines.ts'
import { keeping, moving, now, record, rotation, touch } from './records.ts'

const contradiction = expect.objectContaining({ code: 'SESS_UNAVAILABLE', retryable: true })

/** Ways in which the answer of a driver does not fit what it was asked, or itself. */
const wrongAnswers: Readonly<Record<string, (result: SqlResult) => SqlResult>> = {
  'fewer rows than its count': ({ affected }) => ({ rows: [], affected }),
  'more rows than its count': (result) => ({ rows: [...result.rows, ...result.rows], affected: result.affected }),
  'a hole where a row was': ({ affected }) => ({ rows: new Array(affected), affected }),
  'a row of nothing': ({ affected }) => ({
    rows: Array.from({ length: affected }, () => undefined) as never,
    affected,
  }),
  'a count that is no number': ({ rows }) => ({ rows, affected: Number.NaN }),
  'a key that was not asked for': ({ rows, affected }) => ({
    rows: rows.map(([, ...others]) => ['somebody-else', ...others]),
    affected,
  }),
  'one row twice': ({ rows }) => ({ rows: [...rows, ...rows], affected: 2 * rows.length }),
}

/** One operation of each kind that is about a session or state that is there. */
const live = record('live')
const state = { key: 'state', expiresAt: 5_000, payload: '{}' }
const writes: readonly WriteOperation[] = [
  { kind: 'insert', key: 'new', record: record('new') },
  { kind: 'replace', key: 'live', record: keeping(record('live', { createdAt: 1 })) },
  { kind: 'compareAndSwap', key: 'live', record: moving(record('live')), ifVersion: live.version },
  touch('live', 3_000),
  { kind: 'delete', key: 'live' },
  rotation(live, 'live-2'),
  { kind: 'consumeState', key: 'state' },
]

describe.each(Object.entries(dialects))('%s', (_name, dialect) => {
  // Of an insert by itself the count says what became of it.
  const answered = dialect.writeRows.from ? writes : writes.filter(({ kind }) => kind !== 'insert')

  async function withOneSession() {
    const opened = await openBackend(dialect)
    await opened.backend.write(
      [
        { kind: 'put', key: 'live', record: live },
        { kind: 'putState', key: 'state', record: state },
      ],
      now,
    )
    return opened
  }
  const settled = async (run: () => unknown) => {
    try {
      return await run()
    } catch (error) {
      return [error]
    }
  }

  describe.each(Object.entries(wrongAnswers))('%s', (_answer, wrong) => {
    test.each(answered.map((write) => [write.kind, write] as const))(
      'to a write is an error: %s',
      async (_kind, write) => {
        const { backend, driver } = await withOneSession()
        driver.answer = (result, { statement }) => (statement.returnsRows ? wrong(result) : result)
        expect(await settled(() => backend.write([write], now))).toEqual([contradiction])
        expect(driver.sent.length).toBeGreaterThan(0)
      },
    )

    test('to a read is an error, and not "there is none"', async () => {
      const { backend, driver } = await withOneSession()
      driver.answer = wrong
      expect(await settled(() => backend.read(['live']))).toEqual([contradiction])
      expect(await settled(() => backend.read(['live', 'missing']))).toEqual([contradiction])
    })
  })

  test.each([['NaN'], [undefined], [null]])('an instant that is %s is an error of its own record', async (instant) => {
    const { backend, driver } = await withOneSession()
    const other = record('other')
    await backend.write([{ kind: 'put', key: 'other', record: other }], now)
    driver.answer = ({ rows, affected }) => ({
      rows: rows.map((row) => (row[0] === 'live' ? row.with(3, instant) : row)),
      affected,
    })
    expect(await backend.read(['live', 'other'])).toEqual([contradiction, other])
    const { records } = await backend.scan(null, 10, now)
    expect(records.filter((one) => one instanceof Error)).toEqual([contradiction])
    expect((records as SessionRecord[]).filter(({ key }) => key === 'other')).toEqual([other])
  })

  test('a count that does not come is an error, and not none', async () => {
    const { backend, driver } = await withOneSession()
    for (const rows of [[], [[undefined]], [['NaN']], [[1], [2]]]) {
      driver.answer = () => ({ rows, affected: rows.length })
      await expect(backend.count(now)).rejects.toEqual(contradiction)
    }
  })
})
