import { randomBytes } from 'node:crypto'
import type { ChangedRecord, SessionRecord, WriteOperation } from '@sess/core'
import { isSkipped, shared } from '@sess/testkit'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it } from 'vitest'
import { KeyLayout } from '../src/key-layout.ts'
import { decodeRecord, magic, maxLagMs } from '../src/record-text.ts'
import { generalCall, usualCall } from '../src/writer.ts'
import { outcomeOf } from '../src/writes.ts'
import { keysOf } from './harness.ts'

const now = 1_800_000_000_000
const ttl = 24 * 3_600_000
/** An expiry that the index has unrounded. */
const expiresAt = Math.ceil((now + ttl) / maxLagMs) * maxLagMs
const key = randomBytes(32).toString('base64url')

const stored: SessionRecord = {
  key,
  version: 'first1',
  createdAt: now - 5_000,
  lastSeenAt: now - 4_000,
  expiresAt,
  ttlMs: ttl,
  deadline: null,
  identityKey: 'github|ada',
  payload: '{"identity":null,"data":{"a":1}}',
}
const changed: ChangedRecord = {
  ...stored,
  version: 'second2',
  lastSeenAt: now,
  keepsExpiry: true,
  payload: '{"identity":null,"data":{}}',
}
const touch = (seenAt: number, ttlMs: number | null) =>
  ({ kind: 'touch', key, seenAt, ttlMs, defaultTtlMs: ttl }) as const

const expiries = [null, expiresAt, expiresAt + 1_000, expiresAt + maxLagMs, now + 90_000, now + 1, now - 1]
const identities = ['github|ada', 'github|ad', 'github|ada|x', null]

/** Every usual kind of write, with every expiry and identity that makes a difference. */
const operations: WriteOperation[] = expiries.flatMap((newExpiry): WriteOperation[] => [
  ...(newExpiry === null || newExpiry <= now ? [touch(now, null)] : [touch(now, newExpiry - now)]),
  ...identities.flatMap((identityKey): WriteOperation[] => {
    const keepsExpiry = newExpiry === null
    const record = { ...changed, keepsExpiry, expiresAt: newExpiry ?? expiresAt, identityKey }
    return [
      { kind: 'replace', key, record },
      ...['first1', 'other', 'second2'].map(
        (ifVersion) => ({ kind: 'compareAndSwap', key, record, ifVersion }) as const,
      ),
    ]
  }),
])

describe.skipIf(isSkipped('redis7'))('the usual way of a write and the general one', () => {
  let client: Redis
  beforeAll(async () => {
    client = new Redis((await shared('redis7')).url)
    return () => client.disconnect()
  })

  /** The outcome of an operation on the record that `prepare` stored, and the record that is stored then, each way. */
  async function bothWays(operation: WriteOperation, prepare: (layout: KeyLayout) => Promise<unknown>) {
    let wasUsual = false
    const ways = await Promise.all(
      [true, false].map(async (usually) => {
        const prefix = `t${randomBytes(6).toString('hex')}:`
        const layout = new KeyLayout(prefix)
        await prepare(layout)
        const call = (made: { script: { lua: string }; keys: string[]; args: string[] }) =>
          client.eval(made.script.lua, made.keys.length, ...made.keys, ...made.args) as Promise<(string | null)[]>
        let [reply] = usually ? await call(usualCall(layout, [operation], now)) : [null]
        wasUsual ||= reply !== null
        if (reply === null || reply === undefined) {
          ;[reply] = await call(generalCall(layout, new KeyLayout(`${prefix}s:`), [operation], now, ''))
        }
        const outcome = outcomeOf(operation, reply as string)
        return { outcome: outcome instanceof Error ? outcome.message : outcome, rest: await storedUnder(prefix) }
      }),
    )
    return { ways, wasUsual }
  }

  async function storedUnder(prefix: string) {
    const found: Record<string, unknown> = {}
    for (const { key } of await keysOf(client, prefix)) {
      const type = await client.type(key)
      const value = type === 'zset' ? await client.zrange(key, '0', '-1', 'WITHSCORES') : await client.dump(key)
      // A TTL runs while this looks.
      found[key.slice(prefix.length)] = [value, Math.ceil((await client.pttl(key)) / 60_000)]
      await client.del(key)
    }
    return found
  }

  const insert = (record: SessionRecord) => async (layout: KeyLayout) => {
    const { script, keys, args } = generalCall(layout, layout, [{ kind: 'insert', key, record }], now - 60_000, '')
    await client.eval(script.lua, keys.length, ...keys, ...args)
  }
  const altered = (alter: (value: string) => string) => async (layout: KeyLayout) => {
    await insert(stored)(layout)
    const place = layout.recordKeyOf(key)
    await client.set(place, alter((await client.get(place)) as string), 'KEEPTTL')
  }

  const states: Record<string, (layout: KeyLayout) => Promise<unknown>> = {
    none: async () => {},
    'a live session': insert(stored),
    'one that lags in its index': insert({ ...stored, expiresAt: expiresAt + 2_000 }),
    'an anonymous one': insert({ ...stored, identityKey: null }),
    'one with a deadline': insert({ ...stored, deadline: expiresAt + 500 }),
    'one without an idle time': insert({ ...stored, ttlMs: null }),
    'one that has expired': insert({ ...stored, expiresAt: now - 1 }),
    'a hash': (layout) => client.hset(layout.recordKeyOf(key), 'field', 'value'),
  }

  it.each(Object.entries(states))('agree about %s', async (_name, prepare) => {
    let usual = 0
    for (const operation of operations) {
      const { ways, wasUsual } = await bothWays(operation, prepare)
      expect(ways[0], JSON.stringify(operation)).toEqual(ways[1])
      if (wasUsual) usual += 1
    }
    // The test would show nothing if the usual way left everything to the other.
    expect(usual > 0).toBe(/live|lags|anonymous|deadline|idle/.test(_name))
  })

  it('agree that a record is damaged wherever its header is', { timeout: 60_000 }, async () => {
    const header = `${magic}${'0'.repeat(43)}${'0'.repeat(16)}+${'0'.repeat(11)}${'a'.repeat(6)}${'0'.repeat(9)}`
    const whole = `${header}github|ada first1 `
    const record = changed
    const writes: WriteOperation[] = [
      { kind: 'replace', key, record },
      { kind: 'compareAndSwap', key, record, ifVersion: 'first1' },
      touch(now, null),
    ]
    const cuts = Array.from({ length: whole.length - 1 }, (_, at) => (value: string) => value.slice(0, at + 1))
    const others = Array.from(
      { length: header.length },
      (_, at) => (value: string) => `${value.slice(0, at)}~${value.slice(at + 1)}`,
    )
    for (const [index, alter] of [...cuts, ...others].entries()) {
      const operation = writes[index % 3] as WriteOperation
      const { ways, wasUsual } = await bothWays(operation, altered(alter))
      expect(ways[0]).toEqual(ways[1])
      expect(ways[0]?.outcome, `${operation.kind} ${alter(whole)}`).toBe('CORRUPT')
      expect(wasUsual).toBe(false)
    }
  })

  it('keep what a later layout has put behind the fields of a header', async () => {
    const later = (value: string) => {
      const length = magic.slice(6)
      const longer = (Number.parseInt(length, 36) + 5).toString(36).padStart(2, '0')
      const end = Number.parseInt(length, 36)
      return `sess21${longer}${value.slice(8, end)}later${value.slice(end)}`
    }
    const newKey = randomBytes(32).toString('base64url')
    const writes: WriteOperation[] = [
      touch(now, null),
      touch(now, 90_000),
      { kind: 'replace', key, record: changed },
      { kind: 'replace', key, record: { ...changed, identityKey: 'github|eve' } },
      { kind: 'compareAndSwap', key, record: changed, ifVersion: 'first1' },
      { kind: 'rotate', key, newKey, record: { ...changed, key: newKey }, ifVersion: 'first1' },
    ]
    for (const operation of writes) {
      const { ways } = await bothWays(operation, altered(later))
      expect(ways[0], operation.kind).toEqual(ways[1])
      expect(ways[0]?.outcome, operation.kind).not.toMatchObject({ message: 'CORRUPT' })
      const kept = Object.values(ways[0]?.rest ?? {}).filter((value) => JSON.stringify(value).includes('later'))
      expect(kept, operation.kind).toHaveLength(1)
    }
    const layout = new KeyLayout(`t${randomBytes(6).toString('hex')}:`)
    await altered(later)(layout)
    expect(decodeRecord(key, (await client.get(layout.recordKeyOf(key))) as string)).toEqual(stored)
  })

  it('refuse a header of a layout that says they cannot read it', async () => {
    const { ways } = await bothWays(
      touch(now, null),
      altered((value) => `sess22${value.slice(6)}`),
    )
    expect(ways.map(({ outcome }) => outcome)).toEqual(['NEWER', 'NEWER'])
    expect(decodeRecord(key, `sess22${magic.slice(6)}${'0'.repeat(100)} a b`)).toMatchObject({ code: 'SESS_CORRUPT' })
  })

  it('agree about texts of any length in a header', async () => {
    for (const identityKey of ['x', 'x'.repeat(64), null]) {
      for (const version of ['v', 'v'.repeat(64)]) {
        const record = { ...changed, identityKey }
        const operation = { kind: 'compareAndSwap', key, record, ifVersion: version } as const
        const { ways, wasUsual } = await bothWays(operation, insert({ ...stored, identityKey, version }))
        expect(ways[0]).toEqual(ways[1])
        expect(ways[0]?.outcome).toEqual({ createdAt: stored.createdAt, expiresAt, ttlMs: ttl, deadline: null })
        expect(wasUsual).toBe(true)
      }
    }
  })
})
