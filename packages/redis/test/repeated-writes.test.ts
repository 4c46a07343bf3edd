import { randomBytes } from 'node:crypto'
import type { SessionRecord, WriteOperation, WriteOutcome } from '@sess/core'
import { isSkipped, shared } from '@sess/testkit'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it } from 'vitest'
import { KeyLayout } from '../src/key-layout.ts'
import { generalCall, usualCall } from '../src/writer.ts'
import { outcomeOf } from '../src/writes.ts'
import { dump } from './harness.ts'

const now = 1_800_000_000_000
const newKeyText = () => randomBytes(32).toString('base64url')
const recordOf = (key: string, version: string): SessionRecord => ({
  key,
  version,
  createdAt: now - 5_000,
  lastSeenAt: now - 4_000,
  expiresAt: now + 3_600_000,
  ttlMs: 3_600_000,
  deadline: null,
  identityKey: 'github|ada',
  payload: '{"identity":null,"data":{}}',
})

/** A client that lost its connection before the answer came may send a write again. */
describe.skipIf(isSkipped('redis7'))('a write that is sent twice', () => {
  let client: Redis
  beforeAll(async () => {
    client = new Redis((await shared('redis7')).url)
    return () => client.disconnect()
  })

  async function storage() {
    const prefix = `t${randomBytes(6).toString('hex')}:`
    const [sessions, states] = [new KeyLayout(`${prefix}s:`), new KeyLayout(`${prefix}t:`)]
    const write = async (operation: WriteOperation): Promise<WriteOutcome> => {
      const send = (made: { script: { lua: string }; keys: string[]; args: string[] }) =>
        client.eval(made.script.lua, made.keys.length, ...made.keys, ...made.args) as Promise<(string | null)[]>
      const isUsual = ['replace', 'compareAndSwap', 'touch'].includes(operation.kind)
      let [reply] = isUsual ? await send(usualCall(sessions, [operation], now)) : [null]
      if (reply === null || reply === undefined) {
        ;[reply] = await send(generalCall(sessions, states, [operation], now, ''))
      }
      return outcomeOf(operation, reply as string)
    }
    return { write, stored: () => dump(client, prefix) }
  }

  const key = newKeyText()
  const newKey = newKeyText()
  const first = recordOf(key, 'first')
  const second = { ...first, version: 'second', keepsExpiry: true, payload: '{"identity":null,"data":{"n":1}}' }
  const other = { ...second, identityKey: 'github|eve' }
  const operations: [string, WriteOperation][] = [
    ['insert', { kind: 'insert', key: newKey, record: recordOf(newKey, 'second') }],
    ['put', { kind: 'put', key, record: recordOf(key, 'second') }],
    ['replace', { kind: 'replace', key, record: second }],
    ['compareAndSwap', { kind: 'compareAndSwap', key, record: second, ifVersion: 'first' }],
    ['compareAndSwap to another person', { kind: 'compareAndSwap', key, record: other, ifVersion: 'first' }],
    ['touch', { kind: 'touch', key, seenAt: now, ttlMs: 7_200_000, defaultTtlMs: 1 }],
    ['put over a live session', { kind: 'put', key, record: recordOf(key, 'second'), ifLive: true }],
    [
      'rotate',
      { kind: 'rotate', key, newKey, record: { ...second, key: newKey, version: 'first' }, ifVersion: 'first' },
    ],
    [
      'rotate to another person',
      { kind: 'rotate', key, newKey, record: { ...other, key: newKey }, ifVersion: 'first' },
    ],
    ['putState', { kind: 'putState', key, record: { key, expiresAt: now + 1_000, payload: '{}' } }],
  ]

  it.each(operations)('%s: has the same answer, and the same is stored', async (_name, operation) => {
    const { write, stored } = await storage()
    await write({ kind: 'insert', key, record: first })
    const [answer, before] = [await write(operation), await stored()]
    expect(answer).not.toBeInstanceOf(Error)
    expect(['conflict', 'gone', 'taken', false, null]).not.toContain(answer)
    expect(await write(operation)).toEqual(answer)
    expect(await stored()).toBe(before)
  })

  it('is a conflict where it was not applied', async () => {
    const { write } = await storage()
    await write({ kind: 'insert', key, record: first })
    await write({ kind: 'replace', key, record: { ...second, version: 'of another' } })
    const rotate = { kind: 'rotate', key, newKey, record: { ...second, key: newKey }, ifVersion: 'first' } as const
    expect(await write({ kind: 'compareAndSwap', key, record: second, ifVersion: 'first' })).toBe('conflict')
    expect(await write(rotate)).toBe('conflict')
    await write({ kind: 'delete', key })
    expect(await write({ kind: 'compareAndSwap', key, record: second, ifVersion: 'first' })).toBe('gone')
    expect(await write(rotate)).toBe('gone')
  })

  it('a rotation to a key in use, or to its own, is refused and writes nothing', async () => {
    const { write, stored } = await storage()
    await write({ kind: 'insert', key, record: first })
    await write({ kind: 'insert', key: newKey, record: recordOf(newKey, 'other') })
    const before = await stored()
    for (const taken of [newKey, key]) {
      const record = { ...second, key: taken, version: 'first' }
      expect(await write({ kind: 'rotate', key, newKey: taken, record, ifVersion: 'first' })).toBe('taken')
    }
    expect(await stored()).toBe(before)
  })
})
