import type { ChangedRecord, SessionRecord, WriteOperation } from '@sess/core'
import { describe, expect, test } from 'vitest'
import { dialects, openBackend, type SqlBackend } from './engines.ts'
import { keeping, moving, now, record, rotation, times, touch } from './records.ts'

const insert = (session: SessionRecord): WriteOperation => ({ kind: 'insert', key: session.key, record: session })
const put = (session: SessionRecord): WriteOperation => ({ kind: 'put', key: session.key, record: session })
const replace = (session: ChangedRecord): WriteOperation => ({ kind: 'replace', key: session.key, record: session })
const swap = (session: ChangedRecord, before: SessionRecord): WriteOperation => ({
  kind: 'compareAndSwap',
  key: session.key,
  record: session,
  ifVersion: before.version,
})
const listed = async (backend: SqlBackend, identityKey: string, at = now) =>
  (await backend.listByIdentity(identityKey, null, 100, at)).records as SessionRecord[]

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
    expect(await listed(backend, 'zoe', 0)).toEqual([live])
  })

  test('a put replaces everything, indexed or not, and writes no matter what was there', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('a', { deadline: 2_000_000 }), record('b', { identityKey: 'zoe' }))
    const same = record('a', { createdAt: 700, expiresAt: 1_000_001 })
    const moved = record('b', { identityKey: 'max', expiresAt: 9_000_000, deadline: 9_000_000 })
    expect(await backend.write([put(same), put(moved)], now)).toEqual([true, true])
    expect(await backend.read(['a', 'b'])).toEqual([same, moved])
    expect(await listed(backend, 'zoe')).toEqual([])
    expect(await listed(backend, 'max')).toEqual([moved])
  })

  test('a replace writes only what lives, keeps createdAt and deadline, and stays within the deadline', async () => {
    const { backend } = await openBackend(dialect)
    const capped = record('capped', { deadline: 1_500_000 })
    await stored(backend, capped, record('free'), record('old', { expiresAt: now }))
    const changes = {
      createdAt: 1,
      lastSeenAt: 9,
      expiresAt: 90_000_000,
      ttlMs: 8,
      deadline: 7,
      identityKey: 'zoe',
      payload: '{"new":1}',
    }
    const next = ['capped', 'free', 'missing', 'old'].map((key) => record(key, changes))
    expect(
      await backend.write(
        next.map((one) => replace(moving(one))),
        now,
      ),
    ).toEqual([
      { createdAt: 500, expiresAt: 1_500_000, ttlMs: 700, deadline: 1_500_000 },
      { createdAt: 500, expiresAt: 90_000_000, ttlMs: 700, deadline: null },
      null,
      null,
    ])
    expect(await backend.read(['capped', 'free', 'missing'])).toEqual([
      { ...next[0], createdAt: 500, expiresAt: 1_500_000, ttlMs: 700, deadline: 1_500_000 },
      { ...next[1], createdAt: 500, ttlMs: 700, deadline: null },
      null,
    ])
    expect((await listed(backend, 'zoe')).map(({ key }) => key).sort()).toEqual(['capped', 'free'])
    expect(await backend.count(89_000_000)).toBe(1)
  })

  test('a replace that changes neither identity nor expiry writes as well', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('a', { identityKey: 'zoe' }), record('b'))
    const next = [record('a', { identityKey: 'zoe' }), record('b')]
    expect(
      await backend.write(
        next.map((one) => replace(moving(one))),
        now,
      ),
    ).toEqual(next.map(times))
    expect(await backend.read(['a', 'b'])).toEqual(next)
  })

  test('a write without an expiry keeps the stored one, and tells it', async () => {
    const { backend } = await openBackend(dialect)
    const before = [
      record('replaced', { expiresAt: 70_000_000 }),
      record('swapped', { expiresAt: 80_000_000 }),
    ] as const
    await stored(backend, ...before)
    const [first, second] = before.map(({ key }) => record(key)) as [SessionRecord, SessionRecord]
    const writes = [replace(keeping(first)), swap(keeping(second), before[1])]
    const kept = [
      { ...first, expiresAt: 70_000_000 },
      { ...second, expiresAt: 80_000_000 },
    ]
    expect(await backend.write(writes, now)).toEqual(kept.map(times))
    expect(await backend.read(['replaced', 'swapped'])).toEqual(kept)
    expect(await backend.count(75_000_000)).toBe(1)
  })

  test('a swap writes over the version it knows, touched meanwhile or not, and tells a conflict from what is gone', async () => {
    const { backend } = await openBackend(dialect)
    const before = ['known', 'old', 'other', 'touched'].map((key) =>
      record(key, key === 'old' ? { expiresAt: now } : {}),
    )
    await stored(backend, ...before)
    const [known, old, other, touched] = before as [SessionRecord, SessionRecord, SessionRecord, SessionRecord]
    await backend.write([touch('touched', 2_000_000)], now)
    const [next, over] = [record('known'), record('touched')]
    const outcomes = await backend.write(
      [
        swap(moving(next), known),
        swap(moving(record('missing')), known),
        swap(moving(record('old')), old),
        swap(moving(record('other')), { ...other, version: 'another' }),
        swap(keeping(over), touched),
      ],
      now,
    )
    const kept = { ...over, expiresAt: 2_000_000 }
    expect(outcomes).toEqual([times(next), 'gone', 'gone', 'conflict', times(kept)])
    expect(await backend.read(['known', 'other', 'touched'])).toEqual([next, other, kept])
  })

  test('a touch moves the expiry of what lives up to its deadline, and writes nothing else', async () => {
    const { backend } = await openBackend(dialect)
    const capped = record('capped', { deadline: 1_500_000, identityKey: 'zoe' })
    const free = record('free')
    const old = record('old', { expiresAt: now })
    await stored(backend, capped, free, old)
    const touches = ['capped', 'free', 'missing', 'old'].map((key) => touch(key, 8_000_000))
    expect(await backend.write(touches, now)).toEqual([1_500_000, 8_000_000, null, null])
    expect(await backend.read(['capped', 'free', 'old'])).toEqual([
      { ...capped, expiresAt: 1_500_000, lastSeenAt: now },
      { ...free, expiresAt: 8_000_000, lastSeenAt: now },
      old,
    ])
    expect(await backend.count(7_000_000)).toBe(1)
  })

  test('a touch to the expiry that is there already is a touch', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('a'))
    expect(await backend.write([touch('a', 1_000_000)], now)).toEqual([1_000_000])
  })

  test('a delete removes what is there and is true for what lived', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('live'), record('old', { expiresAt: now }))
    const deletes = ['live', 'missing', 'old'].map((key) => ({ kind: 'delete' as const, key }))
    expect(await backend.write(deletes, now)).toEqual([true, false, false])
    expect(await backend.read(['live', 'old'])).toEqual([null, null])
  })

  test('a rotation writes the record of what lives under another key, keeps when it was made, and may keep the rest', async () => {
    const { backend } = await openBackend(dialect)
    const live = record('live', { deadline: 2_000_000, identityKey: 'zoe' })
    const old = record('old', { expiresAt: now })
    const other = record('other')
    const signsIn = record('signs-in', { deadline: 1_200_000 })
    await stored(backend, live, old, other, signsIn)
    const changes = {
      version: 'next',
      payload: '{}',
      identityKey: 'max',
      lastSeenAt: 77,
      expiresAt: 9_000_000,
      ttlMs: 88,
      deadline: 3_000_000,
    }
    const outcomes = await backend.write(
      [
        rotation(live, 'live-2'),
        rotation(record('missing'), 'missing-2'),
        rotation(old, 'old-2'),
        rotation({ ...other, version: 'another' }, 'other-2'),
        rotation(signsIn, 'signs-in-2', changes),
      ],
      now,
    )
    const signedIn = { ...signsIn, ...changes, key: 'signs-in-2', expiresAt: 3_000_000 }
    expect(outcomes).toEqual([times(live), 'gone', 'gone', 'conflict', times(signedIn)])
    const moved = { ...live, key: 'live-2' }
    expect(await backend.read(['live', 'live-2', 'old-2', 'other', 'other-2', 'signs-in', 'signs-in-2'])).toEqual([
      null,
      moved,
      null,
      other,
      null,
      null,
      signedIn,
    ])
    expect(await listed(backend, 'zoe')).toEqual([moved])
    expect(await listed(backend, 'max')).toEqual([signedIn])
    expect(await backend.count(2_500_000)).toBe(1)
  })

  test('a rotation to a key in use is taken, alone, and the session stays', async () => {
    const { backend } = await openBackend(dialect)
    const [a, b, c] = [record('a'), record('b'), record('c')]
    await stored(backend, a, b, c)
    expect(await backend.write([rotation(a, 'a-2'), rotation(b, 'c')], now)).toEqual([times(a), 'taken'])
    expect(await backend.read(['b', 'a-2', 'c'])).toEqual([b, { ...a, key: 'a-2' }, c])
  })

  test('a touch without a time of its own goes by the session, or by the default where that has none', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('own'), record('none', { ttlMs: null, lastSeenAt: null }))
    const own = { kind: 'touch', seenAt: 5_000, ttlMs: null, defaultTtlMs: 900 } as const
    const touches = [
      { ...own, key: 'none' },
      { ...own, key: 'own' },
    ]
    expect(await backend.write(touches, now)).toEqual([5_900, 5_700])
    expect(await backend.read(['none', 'own'])).toMatchObject([
      { ttlMs: null, lastSeenAt: 5_000, expiresAt: 5_900 },
      { ttlMs: 700, lastSeenAt: 5_000, expiresAt: 5_700 },
    ])
  })

  test('a record that keeps the expiry keeps it whatever it is believed to be, and stays as it is for the rest', async () => {
    const { backend } = await openBackend(dialect)
    const before = [record('a', { expiresAt: 7_000, ttlMs: 5, deadline: 90_000 }), record('b', { expiresAt: 8_000 })]
    await stored(backend, ...before)
    const next = [record('a', { expiresAt: 1, ttlMs: 9, deadline: 2, createdAt: 3 }), record('b', { expiresAt: 8_000 })]
    const kept = [
      { ...next[0], expiresAt: 7_000, ttlMs: 5, deadline: 90_000, createdAt: 500 } as SessionRecord,
      { ...next[1], expiresAt: 8_000 } as SessionRecord,
    ]
    expect(
      await backend.write(
        next.map((one) => replace(keeping(one))),
        now,
      ),
    ).toEqual(kept.map(times))
    expect(await backend.read(['a', 'b'])).toEqual(kept)
    const alone = { ...next[0], version: 'alone', payload: '{}' } as SessionRecord
    const swapped = { ...kept[0], version: 'alone', payload: '{}' } as SessionRecord
    expect(await backend.write([swap(keeping(alone), next[0] as SessionRecord)], now)).toEqual([times(swapped)])
    expect(await backend.read(['a'])).toEqual([swapped])
  })

  test.each([
    ['createdAt', { createdAt: 499 }],
    ['ttlMs', { ttlMs: 701 }],
    ['deadline', { deadline: null }],
    ['expiry', { expiresAt: 6_999 }],
  ])('a save by itself with a wrong belief about the %s keeps the stored one, and tells it', async (_what, belief) => {
    const { backend } = await openBackend(dialect)
    const before = record('a', { expiresAt: 7_000, deadline: 90_000 })
    await stored(backend, before)
    const next = { ...before, version: 'next', payload: '{"next":1}' }
    expect(await backend.write([replace(keeping({ ...next, ...belief }))], now)).toEqual([times(before)])
    expect(await backend.read(['a'])).toEqual([next])
  })

  test('a save by itself of a session that has ended writes nothing, though its times are as believed', async () => {
    const { backend } = await openBackend(dialect)
    const before = record('a', { expiresAt: now })
    await stored(backend, before)
    expect(await backend.write([replace(keeping({ ...before, version: 'next' }))], now)).toEqual([null])
    expect(await backend.read(['a'])).toEqual([before])
  })

  test('keys that differ by case or by a blank at the end are different sessions', async () => {
    const { backend } = await openBackend(dialect)
    const all = ['key', 'KEY', 'key '].map((key) => record(key, { identityKey: `${key}-of-zoe` }))
    await stored(backend, ...all)
    expect(await backend.read(['key', 'KEY', 'key '])).toEqual(all)
    expect(await listed(backend, 'key-of-zoe')).toEqual([all[0]])
    expect(await backend.write([{ kind: 'delete', key: 'KEY' }], now)).toEqual([true])
    expect(await backend.count(now)).toBe(2)
  })

  test('the slot of an expiry is the same in every version of the package: 2 ** 19 ms', async () => {
    const { backend, driver } = await openBackend(dialect)
    await stored(backend, record('put', { expiresAt: 2 ** 40 }), record('touched'))
    await backend.write([touch('touched', 2 ** 40 - 1)], now)
    const slots = driver.database.prepare('select expires_slot as slot from sess_sessions order by key').all()
    expect(slots).toEqual([{ slot: 2 ** 21 }, { slot: 2 ** 21 - 1 }])
  })

  test('a put over a live session only writes all of it, and nothing where there is none', async () => {
    const { backend } = await openBackend(dialect)
    await stored(backend, record('live', { identityKey: 'zoe' }), record('old', { expiresAt: now }))
    const changes = { createdAt: 7, lastSeenAt: 8, expiresAt: 9_000, ttlMs: 9, deadline: 9_000, identityKey: 'max' }
    const next = ['live', 'missing', 'old'].map((key) => record(key, changes))
    const puts = next.map((one) => ({ kind: 'put', key: one.key, record: one, ifLive: true }) as const)
    expect(await backend.write(puts, now)).toEqual([true, false, false])
    expect(await backend.read(['live', 'missing'])).toEqual([next[0], null])
    expect(await backend.write([{ ...puts[0], record: record('live') } as never], now)).toEqual([true])
    expect(await backend.write([puts[1] as never], now)).toEqual([false])
  })

  test('a delete of one person removes theirs alone', async () => {
    const { backend } = await openBackend(dialect)
    const keys = ['a', 'b', 'c', 'd']
    await stored(
      backend,
      record('a', { identityKey: 'zoe' }),
      record('b', { identityKey: 'max' }),
      record('c'),
      record('d', { identityKey: 'max', expiresAt: now }),
    )
    const deletes = keys.map((key) => ({ kind: 'delete', key, ifIdentityKeys: ['ida', 'max'] }) as const)
    expect(await backend.write(deletes, now)).toEqual([false, true, false, false])
    expect((await backend.read(keys)).map((one) => one === null)).toEqual([false, true, false, true])
    expect(await backend.write([{ kind: 'delete', key: 'a', ifIdentityKeys: ['max'] }], now)).toEqual([false])
    expect(await backend.write([{ kind: 'delete', key: 'a', ifIdentityKeys: ['max', 'zoe'] }], now)).toEqual([true])
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
    const takes = ['missing', 'old', 's'].map((key) => ({ kind: 'consumeState' as const, key }))
    expect(await backend.write(takes, now)).toEqual([null, null, state])
    expect(await backend.write(takes, now)).toEqual([null, null, null])
  })

  test('writes of every kind in one batch have each their own outcome, in order', async () => {
    const { backend } = await openBackend(dialect)
    const [b, c] = [record('b'), record('c')]
    const f = record('f')
    await stored(backend, b, c, record('d'), record('e'), f)
    const [nextB, nextC] = [record('b'), record('c')]
    const outcomes = await backend.write(
      [
        insert(record('a')),
        replace(moving(nextB)),
        swap(moving(nextC), c),
        touch('d', 4_000),
        { kind: 'delete', key: 'e' },
        rotation(f, 'f-2'),
        put(record('g')),
        { kind: 'putState', key: 'h', record: { key: 'h', expiresAt: 5_000, payload: '{}' } },
        { kind: 'consumeState', key: 'i' },
        insert(record('z')),
      ],
      now,
    )
    expect(outcomes).toEqual([true, times(nextB), times(nextC), 4_000, true, times(f), true, true, null, true])
  })
})
