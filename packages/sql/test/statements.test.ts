import { describe, expect, test } from 'vitest'
import { compile, list, parameter, sql } from '../src/fragment.ts'
import { dialects, openBackend } from './engines.ts'
import { keeping, moving, now, record, rotation, touch } from './records.ts'

describe('a fragment', () => {
  test('numbers its placeholders in the order of the text, whatever it was put together from', () => {
    const inner = sql`b = ${parameter('b')}`
    const fragment = sql`select ${list(['x', parameter('x')])} where a = ${parameter('a')} and ${inner}`
    const statement = compile(fragment, (position) => `$${position}`, true)
    expect(statement.text).toBe('select x, $1 where a = $2 and b = $3')
    expect(statement.parameters).toEqual(['x', 'a', 'b'])
  })
})

describe.each(Object.entries(dialects))('%s', (_name, dialect) => {
  test('no value stands in the text of a statement, and the text is the same for any number of rows', async () => {
    const { backend, driver } = await openBackend(dialect)
    const run = async (count: number) => {
      const keys = Array.from({ length: count }, (_, index) => `canary-${count}-${index}`)
      const records = keys.map((key) => record(key, { identityKey: 'canary', payload: 'canary', deadline: 1_234_567 }))
      for (const kind of ['insert', 'put', 'replace'] as const) {
        await backend.write(
          records.map((one) => ({ kind, key: one.key, record: moving(one) })),
          now,
        )
      }
      await backend.write(
        records.map((one) => ({ kind: 'put', key: one.key, record: one, ifLive: true })),
        now,
      )
      await backend.write(
        records.map((one) => ({
          kind: 'compareAndSwap',
          key: one.key,
          record: keeping(one),
          ifVersion: one.version,
        })),
        now,
      )
      await backend.write(
        keys.map((key) => touch(key, 1_234_567)),
        now,
      )
      await backend.read(keys)
      await backend.write(
        records.map((one) => rotation(one, `${one.key}-2`)),
        now,
      )
      await backend.listByIdentity('canary', null, 7, now)
      await backend.scan('canary', 7, now)
      await backend.deleteByIdentity('canary', 'canary', null, 7, now)
      await backend.cleanExpired(null, 7, now)
      await backend.write(
        keys.map((key) => ({ kind: 'delete', key, ifIdentityKeys: ['canary'] })),
        now,
      )
      await backend.write(
        keys.map((key) => ({ kind: 'delete', key })),
        now,
      )
      await backend.write(
        keys.map((key) => ({ kind: 'putState', key, record: { key, expiresAt: 5_000, payload: 'canary' } })),
        now,
      )
      await backend.write(
        keys.map((key) => ({ kind: 'consumeState', key })),
        now,
      )
      return new Set(driver.sent.splice(0).map(({ statement }) => statement.text))
    }
    const few = await run(10)
    const many = await run(50)
    expect(many).toEqual(few)
    for (const text of few) expect(text).not.toMatch(/canary|1234567|\b1000\b/)
  })
})

test('a batch of one kind is one statement, and the kinds do not wait for each other', async () => {
  const { backend, driver } = await openBackend(Object.values(dialects)[1] as (typeof dialects)[string])
  const records = Array.from({ length: 20 }, (_, index) => record(`key-${index}`))
  await backend.write(
    records.map((one, index) => ({ kind: index % 2 ? 'put' : 'insert', key: one.key, record: one })),
    now,
  )
  expect(driver.sent).toHaveLength(2)
})
