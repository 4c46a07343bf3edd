import { caseGroup } from '../conformance-case.ts'
import { describeError, fail, rejectsWith, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, dayMs, hourMs, loaded, minuteMs } from '../samples.ts'

/** Conditions of a save beside versions, clients, touches, and instants that have passed. */
export const moreSaveConditionCases = caseGroup('save-conditions', [], {
  'unchanged-is-for-one': {
    title: "if: 'unchanged' lets one of several saves of one version win, on two clients",
    requires: ['update', 'peer'],
    async run({ store, peer, put }) {
      const clients = [store, await peer()]
      for (let round = 0; round < 10; round++) {
        const session = await put({ data: { n: -1 } })
        const saves = Array.from({ length: 6 }, (_, n) =>
          clients[n % 2]?.save({ ...session, data: { n } }, { if: 'unchanged' }),
        )
        const outcomes = await Promise.allSettled(saves)
        const won = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
        same(won.length, 1, 'one of the saves wins')
        for (const one of outcomes) {
          if (one.status === 'rejected' && one.reason.code !== 'SESS_CONFLICT') {
            fail(`a save of an older version is SESS_CONFLICT, got ${describeError(one.reason)}`, one.reason)
          }
        }
        same((await loaded(store, session.id)).data, won[0]?.data, 'what the winner wrote is stored')
      }
    },
  },
  'a-passed-expiry-ends-the-session': {
    title: 'a save that moves expiresAt into the past ends the session, with each condition that holds',
    async run({ store, clock, put }) {
      const conditions = [undefined, 'exists', ...(store.capabilities.update ? ['unchanged' as const] : [])] as const
      for (const condition of conditions) {
        const session = await put({ identity: alice, data: { n: 1 } })
        const input = { ...session, expiresAt: clock.in(-1) }
        await store.save(input, condition === undefined ? {} : { if: condition })
        same(await store.load(session.id), null, `if: ${condition}: the session is ended`)
      }
    },
  },
  'a-passed-expiry-heeds-the-condition': {
    title: 'a save that moves expiresAt into the past ends nothing where its condition does not hold',
    async run({ store, clock, put, newId }) {
      const past = { expiresAt: clock.in(0) }
      const live = await put({ data: { n: 1 } })
      const deleted = await put()
      await store.delete(deleted.id)
      const absent = { ...past, id: newId() }
      await rejectsWith('SESS_GONE', () => store.save({ ...deleted, ...past }), 'a save of what was deleted')
      await rejectsWith('SESS_GONE', () => store.save(absent, { if: 'exists' }), 'if: exists where there is none')
      if (store.capabilities.update) {
        const other = { ...live, ...past, version: deleted.version }
        await rejectsWith(
          'SESS_CONFLICT',
          () => store.save(other, { if: 'unchanged' }),
          'if: unchanged, another version',
        )
        const gone = { ...deleted, ...past }
        await rejectsWith('SESS_GONE', () => store.save(gone, { if: 'unchanged' }), 'if: unchanged where there is none')
      }
      if (store.capabilities.create) {
        const taken = { ...past, id: live.id }
        await rejectsWith('SESS_CONFLICT', () => store.save(taken, { if: 'absent' }), 'if: absent where there is one')
      }
      same(await store.load(live.id), live, 'the live session is as it was')
      same(await store.load(deleted.id), null, 'the deleted one is gone')
    },
  },
  'exists-takes-any-version': {
    title:
      "if: 'exists' with a version writes as without a condition: over any version, and the expiry only where moved",
    async run({ store, clock, put }) {
      const { id } = await put({ data: { n: 1 } })
      const session = await loaded(store, id)
      await store.save({ ...session, data: { n: 2 } })
      if (store.capabilities.touch) await store.touch(session.id, { ttl: dayMs })
      const saved = await store.save({ ...session, data: { n: 3 } }, { if: 'exists' })
      same(saved.data, { n: 3 }, 'the last write wins')
      const until = store.capabilities.touch ? clock.in(dayMs) : session.expiresAt
      same(saved.expiresAt, until, 'an unmoved expiry is as it is stored')
      same(await store.load(session.id), saved, 'what it resolved with is stored')
      await store.delete(session.id)
      await rejectsWith('SESS_GONE', () => store.save(saved, { if: 'exists' }), 'a save of what is gone')
      same(await store.load(session.id), null, 'nothing is written')
    },
  },
  'absent-after-a-delete-inserts': {
    title: "if: 'absent' inserts a session with a version where it was deleted, and none whose expiry has passed",
    requires: ['create'],
    async run({ store, clock, put }) {
      const [session, ended] = [await put({ identity: alice, data: { n: 1 } }), await put()]
      await store.delete(session.id)
      await store.delete(ended.id)
      const saved = await store.save({ ...session, data: { n: 2 } }, { if: 'absent' })
      same([saved.identity, saved.data], [alice, { n: 2 }], 'it is inserted')
      same(await store.load(session.id), saved, 'what it resolved with is stored')
      await store.save({ ...ended, expiresAt: clock.in(0) }, { if: 'absent' })
      same(await store.load(ended.id), null, 'an expiry that has passed makes no live session')
    },
  },
  'an-unmoved-expiry-that-has-passed-ends-nothing': {
    title: 'a save whose unmoved expiresAt has passed meanwhile is written where a touch has kept the session alive',
    requires: ['touch'],
    async run({ store, clock, put, peer }) {
      const conditions = [undefined, 'exists', ...(store.capabilities.update ? ['unchanged' as const] : [])] as const
      for (const condition of conditions) {
        const { id } = await put({ expiresAt: clock.in(minuteMs) })
        const slow = await loaded(store, id)
        const touched = await (await peer()).touch(id, { ttl: hourMs })
        clock.advance(minuteMs)
        const saved = await store.save({ ...slow, data: { n: 1 } }, condition === undefined ? {} : { if: condition })
        same(saved.expiresAt, touched, `if: ${condition}: the expiry of the touch stays`)
        same(await store.load(id), saved, `if: ${condition}: the session is alive`)
      }
    },
  },
  'a-deadline-by-hand-is-to-come': {
    title: 'a session built by hand with a deadline that has passed, or is over 100 years away, is a TypeError',
    async run({ store, clock, put, newId }) {
      const session = await put({ data: { n: 1 } })
      for (const ms of [-1, 0, 100 * 365 * dayMs + 1]) {
        const deadline = clock.in(ms)
        await rejectsWithTypeError(() => store.save({ id: session.id, deadline }), `a deadline in ${ms} ms`)
        await rejectsWithTypeError(() => store.save({ id: newId(), deadline }), `a deadline in ${ms} ms`)
        if (store.capabilities.create)
          await rejectsWithTypeError(() => store.create({ deadline }), 'the same of create')
        if (store.capabilities.rotate) {
          await rejectsWithTypeError(() => store.rotate(session.id, { deadline }), 'the same of rotate')
        }
      }
      same(await store.load(session.id), session, 'nothing is written')
    },
  },
  'idle-time-by-hand-is-what-is-left': {
    title: 'ttlMs left out of a session built by hand is the time left until its deadline cuts it short',
    async run({ store, clock, newId }) {
      const id = newId()
      const saved = await store.save({ id, expiresAt: clock.in(hourMs), deadline: clock.in(minuteMs) })
      same([saved.ttlMs, saved.expiresAt], [minuteMs, clock.in(minuteMs)], 'the time that is left')
      same(await store.load(id), saved, 'what it resolved with is stored')
    },
  },
})
