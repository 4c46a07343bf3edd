import type { WriteOperation } from '@sess/core'
import { afterAll, expect, test } from 'vitest'
import { MongoBackend } from '../src/backend.ts'
import { type StandIn, startStandIn } from './stand-in/index.ts'

const now = 1_000
const record = {
  key: 'key',
  version: '$version',
  createdAt: now,
  lastSeenAt: now,
  expiresAt: now + 50,
  ttlMs: null,
  deadline: null,
  identityKey: '$person',
  payload: '{"$set":1}',
}
const standIn: StandIn = await startStandIn()
const backend = new MongoBackend(standIn)
await backend.open()
afterAll(async () => {
  await backend.close()
  await standIn.stop()
})

const changed = { ...record, version: 'next', keepsExpiry: true }
const operations: [WriteOperation, outcome: unknown][] = [
  [{ kind: 'insert', key: 'key', record }, true],
  [{ kind: 'insert', key: 'key', record }, false],
  [{ kind: 'put', key: 'key', record, ifLive: true }, true],
  [{ kind: 'put', key: 'nobody', record: { ...record, key: 'nobody' }, ifLive: true }, false],
  [{ kind: 'touch', key: 'key', seenAt: now + 1, ttlMs: null, defaultTtlMs: 70 }, now + 71],
  [{ kind: 'compareAndSwap', key: 'key', record: changed, ifVersion: 'another' }, 'conflict'],
  [{ kind: 'compareAndSwap', key: 'nobody', record: changed, ifVersion: '$version' }, 'gone'],
  [
    { kind: 'compareAndSwap', key: 'key', record: changed, ifVersion: '$version' },
    expect.objectContaining({ expiresAt: now + 71 }),
  ],
  [
    {
      kind: 'rotate',
      key: 'key',
      newKey: 'new',
      record: { ...changed, key: 'new', deadline: now + 60 },
      ifVersion: 'next',
    },
    expect.objectContaining({ expiresAt: now + 60 }),
  ],
  [{ kind: 'insert', key: 'key', record }, true],
  [{ kind: 'rotate', key: 'key', newKey: 'new', record: { ...changed, key: 'new' }, ifVersion: '$version' }, 'taken'],
  [{ kind: 'delete', key: 'new', ifIdentityKeys: ['another'] }, false],
  [{ kind: 'delete', key: 'new', ifIdentityKeys: ['another', '$person'] }, true],
]

test('each write is one command, and says of itself whether it has taken effect', async () => {
  for (const [operation, outcome] of operations) {
    standIn.commands.length = 0
    expect([operation, await backend.write([operation], now)]).toEqual([operation, [outcome]])
    expect(standIn.commands).toEqual(['findAndModify'])
  }
})

test('a value is stored as it is, though it looks like the name of a field', async () => {
  await backend.write([{ kind: 'put', key: 'key', record }], now)
  const replacement = { ...record, version: '$payload', keepsExpiry: true }
  await backend.write([{ kind: 'replace', key: 'key', record: replacement }], now)
  expect(await backend.read(['key'])).toEqual([{ ...record, version: '$payload' }])
})

test('two clients that put what was not there both succeed', async () => {
  const put = { kind: 'put', key: 'fresh', record: { ...record, key: 'fresh' } } as const
  standIn.failNext({ code: 11_000, errmsg: 'E11000 duplicate key error' })
  expect(await backend.write([put], now)).toEqual([true])
})
