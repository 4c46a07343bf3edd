import { caseGroup } from '../conformance-case.ts'
import { rejectsWith, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, byHand, dayMs, hourMs, loaded, minuteMs } from '../samples.ts'

export const saveConditionCases = caseGroup('save-conditions', [], {
  'absent-inserts-only': {
    title:
      "if: 'absent' inserts where there is none, an expired session included, and is SESS_CONFLICT where there is one",
    requires: ['create'],
    async run({ store, clock, newId }) {
      const id = newId()
      const first = await store.save({ id, expiresAt: clock.in(minuteMs), data: { n: 1 } }, { if: 'absent' })
      const again = () => store.save({ id, expiresAt: clock.in(hourMs), data: { n: 2 } }, { if: 'absent' })
      await rejectsWith('SESS_CONFLICT', again, 'an insert where there is a session')
      const versioned = () => store.save(first, { if: 'absent' })
      await rejectsWith('SESS_CONFLICT', versioned, 'an insert of a session from the store where it is')
      same(await store.load(id), first, 'nothing is written')
      clock.advance(minuteMs)
      same((await again()).data, { n: 2 }, 'an expired session does not count')
    },
  },
  'absent-is-for-one': {
    title: "of any number of saves with if: 'absent' one wins, on two clients",
    requires: ['create', 'peer'],
    async run({ store, peer, clock, newId }) {
      const clients = [store, await peer()]
      for (let round = 0; round < 10; round++) {
        const id = newId()
        const saves = Array.from({ length: 6 }, (_, n) =>
          clients[n % 2]?.save({ id, expiresAt: clock.in(hourMs), data: { n } }, { if: 'absent' }),
        )
        const outcomes = await Promise.allSettled(saves)
        const won = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
        same(won.length, 1, 'one of the saves wins')
        same((await loaded(store, id)).data, won[0]?.data, 'what the winner wrote is stored')
      }
    },
  },
  'exists-replaces-only': {
    title: "if: 'exists' replaces what is there, and is SESS_GONE where there is none",
    async run({ store, clock, put, newId }) {
      const save = (id: string) => store.save({ id, expiresAt: clock.in(dayMs), data: { n: 2 } }, { if: 'exists' })
      await rejectsWith('SESS_GONE', () => save(newId()), 'a replacement of nothing')
      const expired = await put({ expiresAt: clock.in(1) })
      clock.advance(1)
      await rejectsWith('SESS_GONE', () => save(expired.id), 'a replacement of an expired session')
      same(await store.load(expired.id), null, 'nothing is written')
      const { id } = await put({
        identity: alice,
        data: { n: 1 },
        deadline: clock.in(hourMs),
        createdAt: clock.in(-dayMs),
      })
      const { version, handle, ...saved } = await save(id)
      const expected = { ...byHand(clock), expiresAt: clock.in(dayMs), ttlMs: dayMs, data: { n: 2 } }
      same(saved, { id, ...expected }, 'built by hand it is another session: nothing of the one before stays')
      same(await store.load(id), { ...saved, version, handle }, 'what it resolved with is stored')
    },
  },
  'unchanged-compares-the-version': {
    title: "if: 'unchanged' writes over the version that was loaded; a touch is no change",
    requires: ['update'],
    async run({ store, clock, put }) {
      const { id } = await put({ data: { n: 1 } })
      const [mine, theirs] = [await loaded(store, id), await loaded(store, id)]
      clock.advance(1_000)
      const touched = store.capabilities.touch ? await store.touch(id) : mine.expiresAt
      const saved = await store.save({ ...mine, data: { n: 2 } }, { if: 'unchanged' })
      same(saved.expiresAt, touched, 'an unmoved expiry is as it is stored')
      const late = () => store.save({ ...theirs, data: { n: 3 } }, { if: 'unchanged' })
      await rejectsWith('SESS_CONFLICT', late, 'a save over another version')
      same((await loaded(store, id)).data, { n: 2 }, 'nothing is written')
      await store.delete(id)
      await rejectsWith('SESS_GONE', () => store.save(saved, { if: 'unchanged' }), 'a save of what is gone')
    },
  },
  'unchanged-moves-no-limit': {
    title: "if: 'unchanged' leaves createdAt, deadline and ttlMs as they are stored, whatever the session says",
    requires: ['update'],
    async run({ store, clock, put }) {
      const before = await put({ deadline: clock.in(hourMs) })
      const changed = { ...before, createdAt: clock.in(-dayMs), deadline: clock.in(dayMs), ttlMs: 5, data: { n: 1 } }
      const { version, ...saved } = await store.save({ ...changed, expiresAt: clock.in(dayMs) }, { if: 'unchanged' })
      const { version: _, ...expected } = { ...before, data: { n: 1 }, lastSeenAt: clock.in(0) }
      same(saved, { ...expected, expiresAt: clock.in(hourMs) }, 'they stay, and the expiry within the limit')
      same(await store.load(before.id), { ...saved, version }, 'what it resolved with is stored')
    },
  },
  'wrong-conditions-are-type-errors': {
    title: "an unknown condition, and 'unchanged' without a version, reject with a TypeError",
    async run({ store, clock, newId }) {
      const input = { id: newId(), expiresAt: clock.in(hourMs) }
      await rejectsWithTypeError(() => store.save(input, { if: 'never' as never }), 'an unknown condition')
      if (store.capabilities.update) {
        await rejectsWithTypeError(() => store.save(input, { if: 'unchanged' }), 'unchanged without a version')
      }
      same(await store.load(input.id), null, 'nothing is written')
    },
  },
  'an-unmoved-expiry-stays': {
    title: 'a save writes the expiry only where the caller moved it, so a slow save undoes no touch',
    requires: ['touch'],
    async run({ store, clock, put }) {
      const { id } = await put()
      const slow = await loaded(store, id)
      clock.advance(minuteMs)
      const touched = await store.touch(id)
      same((await store.save({ ...slow, data: { n: 1 } })).expiresAt, touched, 'a copy of the session moves nothing')
      const { expiresAt: _none, ...without } = slow
      same((await store.save(without)).expiresAt, touched, 'nor does one without an expiry')
      slow.expiresAt = clock.in(5_000)
      same((await store.save(slow)).expiresAt, clock.in(5_000), 'a new Date moves it')
      const again = await loaded(store, id)
      again.expiresAt.setTime(clock.in(7_000).getTime())
      same((await store.save(again)).expiresAt, clock.in(7_000), 'so does a change of the Date itself')
    },
  },
  'by-hand-may-leave-all-out': {
    title: "an id alone is a session: the store's ttl, idle for as long",
    async run({ store, clock, newId }) {
      const id = newId()
      const { version, handle, ...saved } = await store.save({ id })
      same(
        saved,
        { id, ...byHand(clock), expiresAt: clock.in(dayMs), ttlMs: dayMs },
        'what is left out has its default',
      )
    },
  },
  'gone-says-why': {
    title: 'SESS_GONE tells absent from expired where the store can tell',
    async run({ store, clock, put }) {
      const reasonOf = async (save: () => unknown, why: string) => {
        const { reason } = (await rejectsWith('SESS_GONE', save, `a save of a session that ${why}`)) as {
          reason?: string
        }
        return reason
      }
      const session = await put()
      await store.delete(session.id)
      const absent = await reasonOf(() => store.save(session), 'was deleted')
      if (absent !== undefined) same(absent, 'absent', 'a deleted session is absent')
      const short = await put({ expiresAt: clock.in(minuteMs) })
      clock.advance(minuteMs)
      const expired = await reasonOf(() => store.save(short), 'expired')
      if (expired !== undefined && expired !== 'absent') same(expired, 'expired', 'an expired session is expired')
    },
  },
})
