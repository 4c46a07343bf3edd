import { describe, expect, test } from 'vitest'
import type { SessionRecord, WriteOperation } from '../../src/store/backend.ts'
import { dialects, openBackend, type SqlBackend } from './engines.ts'
import { now, record } from './records.ts'

const insert = (session: SessionRecord): WriteOperation => ({ kind: 'insert', key: session.key, record: session })
const put = (session: SessionRecord): WriteOperation => ({ kind: 'put', key: session.key, record: session })
const replace = (session: SessionRecord): WriteOperation => ({ kind: 'replace', key: session.key, record: session })
const swap = (session: SessionRecord, before: SessionRecord): WriteOperation => ({
  kind: 'swap',
  key: session.key,
  record: session,
  ifVersion: before.version,
  ifExpiresAt: before.expiresAt,
})

async function stored(backend: SqlBackend, ...sessions: SessionRecord[]): Promise<void> {
  await backend.write(sessions.map(put), now)
}

describe.each(Object.entries(dialects))('%s', (_name, dialect) => {
  test('what was put is read back as it was, in the order of the keys asked for', async () => {
    const { backend } = await openBackend(dialect)
    const all = [record('a', { deadline: 2_000_000, identityKey: 'zoe' }), record('b', { payload: '' }), record('c')]
    expect(await backend.write(all.map(put), now)).toEqual([true, true, true])
    expect(await backend.read(['b', 'missing', 'a', 'c'])).toEqual([all[1], null, all[0], all[2]])
    expect(await backend.read(['b'])).toEqual([all[1]])
    expect(await backend.read(['missing'])).toEqual([null])
  })

  test('an insert writes where nothing live is, over an expired session too, and nowhere else', async () => {
    const { backend } = await openBackend(dialect)
    const live = record('live', { identityKey: 'zoe' })
    await stored(backend, live, record('old', { expiresAt: now, deadline: now, identityKey: 'zoe' }))
    const fresh = ['live', 'new', 'old'].map((key) => record(key))
    expect(await backend.write(fresh.map(insert), now)).toEqual([false, true, true])
    expect(await backend.read(['live', 'new', 'old'])).toEqual([live, fresh[1], fresh[2]])
    expect(await backend.listByIdentity('zoe', 0)).toEqual([live])
  })

  test('a put replaces everything, indexed or not, and writes no matter what was there', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('a', { deadline: 2_000_000 }), record('b', { identityKey: 'zoe' }))
    const same = record('a', { createdAt: 700, expiresAt: 1_000_001 })
    const moved = record('b', { identityKey: 'max', expiresAt: 9_000_000, deadline: 9_000_000 })
    expect(await backend.write([put(same), put(moved)], now)).toEqual([true, true])
    expect(await backend.read(['a', 'b'])).toEqual([same, moved])
    expect(await backend.listByIdentity('zoe', now)).toEqual([])
    expect(await backend.listByIdentity('max', now)).toEqual([moved])
  })

  test('a replace writes only what lives, keeps createdAt and deadline, and stays within the deadline', async () => {
    const { backend } = await openBackend(dialect)
    const capped = record('capped', { deadline: 1_500_000 })
    await stored(backend, capped, record('free'), record('old', { expiresAt: now }))
    const changes = { createdAt: 1, expiresAt: 90_000_000, deadline: 7, identityKey: 'zoe', payload: '{"new":1}' }
    const next = ['capped', 'free', 'missing', 'old'].map((key) => record(key, changes))
    expect(await backend.write(next.map(replace), now)).toEqual([true, true, false, false])
    expect(await backend.read(['capped', 'free', 'missing'])).toEqual([
      { ...next[0], createdAt: 500, expiresAt: 1_500_000, deadline: 1_500_000 },
      { ...next[1], createdAt: 500, deadline: null },
      null,
    ])
    expect((await backend.listByIdentity('zoe', now)).map(({ key }) => key).sort()).toEqual(['capped', 'free'])
    expect(await backend.count(89_000_000)).toBe(1)
  })

  test('a replace that changes neither identity nor expiry writes as well', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('a', { identityKey: 'zoe' }), record('b'))
    const next = [record('a', { identityKey: 'zoe' }), record('b')]
    expect(await backend.write(next.map(replace), now)).toEqual([true, true])
    expect(await backend.read(['a', 'b'])).toEqual(next)
  })

  test('a swap writes over the version and expiry it knows, and tells a conflict from a session that is gone', async () => {
    const { backend } = await openBackend(dialect)
    const before = ['known', 'old', 'other', 'touched'].map((key) =>
      record(key, key === 'old' ? { expiresAt: now } : {}),
    )
    await stored(backend, ...before)
    const [known, old, other, touched] = before as [SessionRecord, SessionRecord, SessionRecord, SessionRecord]
    const next = record('known')
    const outcomes = await backend.write(
      [
        swap(next, known),
        swap(record('missing'), known),
        swap(record('old'), old),
        swap(record('other'), { ...other, version: 'another' }),
        swap(record('touched'), { ...touched, expiresAt: 999_999 }),
      ],
      now,
    )
    expect(outcomes).toEqual(['written', 'gone', 'gone', 'conflict', 'conflict'])
    expect(await backend.read(['known', 'other', 'touched'])).toEqual([next, other, touched])
  })

  test('a touch moves the expiry of what lives up to its deadline, and writes nothing else', async () => {
    const { backend } = await openBackend(dialect)
    const capped = record('capped', { deadline: 1_500_000, identityKey: 'zoe' })
    const free = record('free')
    const old = record('old', { expiresAt: now })
    await stored(backend, capped, free, old)
    const touches = ['capped', 'free', 'missing', 'old'].map((key) => ({
      kind: 'touch' as const,
      key,
      expiresAt: 8_000_000,
    }))
    expect(await backend.write(touches, now)).toEqual([1_500_000, 8_000_000, null, null])
    expect(await backend.read(['capped', 'free', 'old'])).toEqual([
      { ...capped, expiresAt: 1_500_000 },
      { ...free, expiresAt: 8_000_000 },
      old,
    ])
    expect(await backend.count(7_000_000)).toBe(1)
  })

  test('a touch to the expiry that is there already is a touch', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('a'))
    expect(await backend.write([{ kind: 'touch', key: 'a', expiresAt: 1_000_000 }], now)).toEqual([1_000_000])
  })

  test('a delete removes what is there and is true for what lived', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('live'), record('old', { expiresAt: now }))
    const deletes = ['live', 'missing', 'old'].map((key) => ({ kind: 'delete' as const, key }))
    expect(await backend.write(deletes, now)).toEqual([true, false, false])
    expect(await backend.read(['live', 'old'])).toEqual([null, null])
  })

  test('a rotation gives what lives another key and nothing else', async () => {
    const { backend } = await openBackend(dialect)
    const live = record('live', { deadline: 2_000_000, identityKey: 'zoe' })
    await stored(backend, live, record('old', { expiresAt: now }))
    const rotations = ['live', 'missing', 'old'].map((key) => ({ kind: 'rotate' as const, key, newKey: `${key}-2` }))
    expect(await backend.write(rotations, now)).toEqual([{ ...live, key: 'live-2' }, null, null])
    expect(await backend.read(['live', 'live-2', 'old-2'])).toEqual([null, { ...live, key: 'live-2' }, null])
    expect(await backend.listByIdentity('zoe', now)).toEqual([{ ...live, key: 'live-2' }])
  })

  test('a rotation to a key in use is taken, alone, and the session stays', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('a'), record('b'), record('c'))
    const outcomes = await backend.write(
      [
        { kind: 'rotate', key: 'a', newKey: 'a-2' },
        { kind: 'rotate', key: 'b', newKey: 'c' },
      ],
      now,
    )
    expect(outcomes).toEqual([expect.objectContaining({ key: 'a-2' }), 'taken'])
    expect(await backend.read(['b', 'a-2'])).toEqual([
      expect.objectContaining({ key: 'b' }),
      expect.objectContaining({ key: 'a-2' }),
    ])
  })

  test('a state is put, put again, and taken once', async () => {
    const { backend } = await openBackend(dialect)
    const state = { key: 's', expiresAt: 5_000, payload: '{"a":1}' }
    const old = { key: 'old', expiresAt: now, payload: '{}' }
    const puts = [old, { ...state, payload: '{}' }].map((one) => ({
      kind: 'putState' as const,
      key: one.key,
      record: one,
    }))
    expect(await backend.write(puts, now)).toEqual([true, true])
    expect(await backend.write([{ kind: 'putState', key: 's', record: state }], now)).toEqual([true])
    const takes = ['missing', 'old', 's'].map((key) => ({ kind: 'takeState' as const, key }))
    expect(await backend.write(takes, now)).toEqual([null, null, state])
    expect(await backend.write(takes, now)).toEqual([null, null, null])
  })

  test('writes of every kind in one batch have each their own outcome, in order', async () => {
    const { backend } = await openBackend(dialect)
    const [b, c] = [record('b'), record('c')]
    await stored(backend, b, c, record('d'), record('e'), record('f'))
    const outcomes = await backend.write(
      [
        insert(record('a')),
        replace(record('b')),
        swap(record('c'), c),
        { kind: 'touch', key: 'd', expiresAt: 4_000 },
        { kind: 'delete', key: 'e' },
        { kind: 'rotate', key: 'f', newKey: 'f-2' },
        put(record('g')),
        { kind: 'putState', key: 'h', record: { key: 'h', expiresAt: 5_000, payload: '{}' } },
        { kind: 'takeState', key: 'i' },
        insert(record('z')),
      ],
      now,
    )
    expect(outcomes).toEqual([
      true,
      true,
      'written',
      4_000,
      true,
      expect.objectContaining({ key: 'f-2' }),
      true,
      true,
      null,
      true,
    ])
  })
})
