import { randomBytes } from 'node:crypto'
import type { SessionRecord, WriteOperation, WriteOutcome } from '@sess/core'
import { isSkipped, shared } from '@sess/testkit'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it } from 'vitest'
import { KeyLayout } from '../src/key-layout.ts'
import { decodeRecord } from '../src/record-text.ts'
import { generalCall, usualCall } from '../src/writer.ts'
import { outcomeOf } from '../src/writes.ts'
import { dump } from './harness.ts'

const now = 1_800_000_000_000
const hourMs = 3_600_000
const key = randomBytes(32).toString('base64url')
const stored: SessionRecord = {
  key,
  version: 'first',
  createdAt: now - 5_000,
  lastSeenAt: now - 4_000,
  expiresAt: now + hourMs,
  ttlMs: 2 * hourMs,
  deadline: null,
  identityKey: 'github|ada',
  payload: '{"identity":null,"data":{}}',
}
const changed = { ...stored, version: 'second', lastSeenAt: now, keepsExpiry: true }

/** Each of the two scripts that a write may take: the usual one, and the one for every kind. */
describe.skipIf(isSkipped('redis7')).each([true, false])('a write with a condition, usual: %s', (usually) => {
  let client: Redis
  beforeAll(async () => {
    client = new Redis((await shared('redis7')).url)
    return () => client.disconnect()
  })

  async function storage(record: SessionRecord | null = stored) {
    const prefix = `t${randomBytes(6).toString('hex')}:`
    const [sessions, states] = [new KeyLayout(`${prefix}s:`), new KeyLayout(`${prefix}t:`)]
    const write = async (operation: WriteOperation, at = now): Promise<WriteOutcome> => {
      const send = (made: { script: { lua: string }; keys: string[]; args: string[] }) =>
        client.eval(made.script.lua, made.keys.length, ...made.keys, ...made.args) as Promise<(string | null)[]>
      const isUsual = usually && ['replace', 'compareAndSwap', 'touch'].includes(operation.kind)
      let [reply] = isUsual ? await send(usualCall(sessions, [operation], at)) : [null]
      if (reply === null || reply === undefined) {
        ;[reply] = await send(generalCall(sessions, states, [operation], at, ''))
      }
      return outcomeOf(operation, reply as string)
    }
    if (record !== null) await write({ kind: 'insert', key, record }, now - 60_000)
    const read = async (of = key) => {
      const value = await client.get(sessions.recordKeyOf(of))
      return value === null ? null : decodeRecord(of, value)
    }
    return {
      write,
      read,
      stored: () => dump(client, prefix),
      pttl: (of = key) => client.pttl(sessions.recordKeyOf(of)),
    }
  }

  it('a put that replaces only leaves nothing of the one before', async () => {
    const { write, read } = await storage({ ...stored, deadline: now + 2 * hourMs })
    const record = { ...stored, version: 'second', createdAt: now, ttlMs: 60_000, expiresAt: now + 60_000 }
    expect(await write({ kind: 'put', key, record, ifLive: true })).toBe(true)
    expect(await read()).toEqual(record)
  })

  it('a put that replaces only writes nothing where none is live', async () => {
    for (const record of [null, { ...stored, expiresAt: now }, { ...stored, expiresAt: now - 1 }]) {
      const at = await storage(record)
      const before = await at.stored()
      expect(await at.write({ kind: 'put', key, record: changed, ifLive: true })).toBe(false)
      expect(await at.stored()).toBe(before)
    }
  })

  it.each([
    ['its own identity', 'github|ada', ['github|ada'], true],
    ['one of several', 'github|ada', ['x', 'github|ada', 'y'], true],
    ['a longer one', 'github|ada', ['github|adam', 'xgithub|ada'], false],
    ['a shorter one', 'github|ada', ['github|ad', 'ithub|ada'], false],
    ['none', 'github|ada', [], false],
    ['an anonymous session', null, ['github|ada'], false],
    ['an anonymous session and none', null, [], false],
    ['an anonymous session and an empty one', null, [''], false],
  ] as const)('a removal by identity: %s', async (_name, identityKey, ifIdentityKeys, isRemoved) => {
    const { write, read, stored: all } = await storage({ ...stored, identityKey })
    expect(await write({ kind: 'delete', key, ifIdentityKeys })).toBe(isRemoved)
    expect((await read()) === null).toBe(isRemoved)
    expect((await all()) === '').toBe(isRemoved)
  })

  it('a session is absent from the instant of its expiry on', async () => {
    const writes: [WriteOperation, WriteOutcome][] = [
      [{ kind: 'touch', key, seenAt: now, ttlMs: hourMs, defaultTtlMs: hourMs }, null],
      [{ kind: 'replace', key, record: changed }, null],
      [{ kind: 'compareAndSwap', key, record: changed, ifVersion: 'first' }, 'gone'],
      [{ kind: 'delete', key }, false],
    ]
    for (const [operation, outcome] of writes) {
      const { write } = await storage({ ...stored, expiresAt: now })
      expect(await write(operation), operation.kind).toBe(outcome)
    }
  })

  it('a touch takes the given idle time, else the own one, else the default, and ends at the deadline', async () => {
    const touch = (ttlMs: number | null) => ({ kind: 'touch', key, seenAt: now, ttlMs, defaultTtlMs: 90_000 }) as const
    const of = async (record: SessionRecord, ttlMs: number | null) => {
      const { write, read, pttl } = await storage(record)
      const moved = await write(touch(ttlMs))
      expect(await read()).toEqual({ ...record, lastSeenAt: now, expiresAt: moved })
      expect(Math.abs((await pttl()) - Math.max(1_000, Number(moved) - now))).toBeLessThan(5_000)
      return Number(moved) - now
    }
    expect(await of(stored, 70_000)).toBe(70_000)
    expect(await of(stored, null)).toBe(2 * hourMs)
    expect(await of({ ...stored, ttlMs: null }, null)).toBe(90_000)
    const deadline = now + 1.5 * hourMs
    expect(await of({ ...stored, deadline }, null)).toBe(1.5 * hourMs)
    expect(await of({ ...stored, deadline, expiresAt: deadline }, null)).toBe(1.5 * hourMs)
  })

  it('an expiry that stays is bounded by the deadline, as one that is moved', async () => {
    const deadline = now + 60_000
    for (const record of [changed, { ...changed, keepsExpiry: false, expiresAt: now + hourMs }]) {
      const { write, read, pttl } = await storage({ ...stored, deadline })
      expect(await write({ kind: 'replace', key, record })).toMatchObject({ expiresAt: deadline, deadline })
      expect(await read()).toMatchObject({ expiresAt: deadline, version: 'second', createdAt: stored.createdAt })
      expect(await pttl()).toBeLessThanOrEqual(60_000)
    }
  })

  it('a write that keeps the expiry keeps what the server does about it', async () => {
    const { write, read, pttl } = await storage()
    const before = await pttl()
    expect(await write({ kind: 'replace', key, record: { ...changed, expiresAt: now + 5 } })).toMatchObject({
      expiresAt: stored.expiresAt,
    })
    expect(await read()).toMatchObject({ lastSeenAt: now, expiresAt: stored.expiresAt })
    expect(Math.abs((await pttl()) - before)).toBeLessThan(5_000)
    const newKey = randomBytes(32).toString('base64url')
    const record = { ...changed, key: newKey, ttlMs: 5_000, deadline: now + 2 * hourMs, expiresAt: now + 5 }
    expect(await write({ kind: 'rotate', key, newKey, record, ifVersion: 'second' })).toEqual({
      createdAt: stored.createdAt,
      expiresAt: stored.expiresAt,
      ttlMs: 5_000,
      deadline: now + 2 * hourMs,
    })
    expect(await read(newKey)).toMatchObject({ ttlMs: 5_000, deadline: now + 2 * hourMs, lastSeenAt: now })
    expect(await pttl(newKey)).toBeGreaterThan(hourMs - 5_000)
    expect(await pttl(newKey)).toBeLessThanOrEqual(hourMs)
  })
})
