import { describe, expect, test } from 'vitest'
import { isolateFailures } from '../src/index.ts'
import { dialects, openBackend } from './engines.ts'
import { now, record } from './records.ts'

const puts = (...payloads: string[]) =>
  payloads.map((payload, index) => {
    const key = `key-${index}`
    return { kind: 'put' as const, key, record: record(key, { payload }) }
  })

describe.each(Object.entries(dialects))('%s', (_name, dialect) => {
  test('a row that the table refuses fails alone', async () => {
    const { backend, driver } = await openBackend(dialect)
    driver.database.exec(`create trigger no_poison before insert on sess_sessions when new.payload = 'poison'
      begin select raise(abort, 'refused'); end`)
    const outcomes = await backend.write(puts('a', 'b', 'c', 'poison', 'e', 'f', 'poison'), now)
    const refused = expect.objectContaining({ message: 'refused' })
    expect(outcomes).toEqual([true, true, true, refused, true, true, refused])
    expect(await backend.count(now)).toBe(5)
  })

  test('an error that concerns the connection is not tried again', async () => {
    const { backend, driver } = await openBackend(dialect)
    driver.before = () => {
      throw new Error('connection lost')
    }
    const write = async () => backend.write(puts('a', 'b', 'c'), now)
    const outcomes = await write().then(
      (each) => each.map(String),
      (error: unknown) => [String(error)],
    )
    expect(new Set(outcomes)).toEqual(new Set(['Error: connection lost']))
    expect(driver.sent).toHaveLength(1)
  })
})

const [, byKind] = Object.values(dialects) as [never, (typeof dialects)[string]]

test('work that lost to another transaction is started again', async () => {
  const { backend, driver } = await openBackend(byKind)
  let deadlocks = 0
  driver.before = () => {
    if (deadlocks++ < 2) throw new Error('deadlock')
  }
  expect(await backend.write(puts('a', 'b'), now)).toEqual([true, true])
  expect(driver.sent).toHaveLength(3)
})

test('work that loses again and again is given up', async () => {
  const { backend, driver } = await openBackend(byKind)
  driver.before = () => {
    throw new Error('deadlock')
  }
  const deadlock = expect.objectContaining({ message: 'deadlock' })
  expect(await backend.write(puts('a', 'b'), now)).toEqual([deadlock, deadlock])
  expect(driver.sent).toHaveLength(8)
})

test('one kind that fails leaves the outcomes of the others alone', async () => {
  const { backend, driver } = await openBackend(byKind)
  driver.before = ({ statement }) => {
    if (statement.text.startsWith('delete')) throw new Error('connection lost')
  }
  expect(await backend.write([...puts('a'), { kind: 'delete', key: 'x' }], now)).toEqual([
    true,
    expect.objectContaining({ message: 'connection lost' }),
  ])
})

describe('isolateFailures', () => {
  const isRowFault = (error: unknown) => (error as Error).message === 'row'

  test('runs once where nothing fails', async () => {
    const runs: number[][] = []
    const run = (rows: readonly number[]) => {
      runs.push([...rows])
      return rows.map((row) => row * 2)
    }
    expect(await isolateFailures([1, 2, 3], run, isRowFault)).toEqual([2, 4, 6])
    expect(runs).toEqual([[1, 2, 3]])
  })

  test('finds the rows that fail by halving', async () => {
    let runs = 0
    const run = (rows: readonly number[]) => {
      runs += 1
      if (rows.includes(5)) throw new Error('row')
      return rows.map((row) => row * 2)
    }
    const rows = Array.from({ length: 64 }, (_, index) => index)
    const outcomes = await isolateFailures(rows, run, isRowFault)
    expect(outcomes[5]).toMatchObject({ message: 'row' })
    expect(outcomes.filter((outcome) => typeof outcome === 'number')).toHaveLength(63)
    expect(runs).toBe(13)
  })

  test('keeps what is known when the connection is lost half way', async () => {
    const run = (rows: readonly number[]) => {
      if (rows.length > 1) throw new Error('row')
      if (rows[0] === 2) throw new Error('connection lost')
      return rows.map((row) => row * 2)
    }
    expect(await isolateFailures([1, 2], run, isRowFault)).toEqual([
      2,
      expect.objectContaining({ message: 'connection lost' }),
    ])
  })

  test('makes an Error of whatever was thrown', async () => {
    const outcomes = await isolateFailures([1], () => Promise.reject('text'), isRowFault)
    expect(outcomes[0]).toBeInstanceOf(Error)
  })
})
