import { caseGroup } from '../conformance-case.ts'
import { fail, same } from '../expectations.ts'
import { alice, hourMs, loaded, minuteMs, refOf } from '../samples.ts'

export const existsCountCleanCases = caseGroup('exists-count-clean', [], {
  exists: {
    title: 'exists is true for a live session alone',
    async run({ store, put, newId, peer }) {
      const { id } = await put()
      same(await store.exists(id), true, 'a live session exists')
      same(await (await peer()).exists(id), true, 'a live session exists for every client')
      same(await store.exists(newId()), false, 'an unknown one does not')
      await store.delete(id)
      same(await store.exists(id), false, 'a deleted one does not')
    },
  },
  'count-follows': {
    title: 'count is the number of live sessions after each operation',
    requires: ['count'],
    async run({ store, clock, put, peer }) {
      same(await store.count(), 0, 'fresh storage has none')
      const [one, two] = [await put({ identity: alice }), await put(), await put({ expiresAt: clock.in(minuteMs) })]
      same(await store.count(), 3, 'anonymous or not, each counts once')
      same(await (await peer()).count(), 3, 'every client counts the same')
      await store.save(one)
      await store.save({ id: two.id, expiresAt: clock.in(hourMs) })
      same(await store.count(), 3, 'saving again adds none')
      clock.advance(minuteMs)
      same(await store.count(), 2, 'an expired session does not count, cleaned or not')
      if (store.capabilities.cleanExpired) {
        await store.cleanExpired()
        same(await store.count(), 2, 'a clean-up changes no count')
      }
      await store.delete(one.id)
      await store.delete(one.id)
      same(await store.count(), 1, 'a deleted session does not count')
    },
  },
  'count-leaves-states-out': {
    title: 'a one-time state is no session',
    requires: ['count', 'states'],
    async run({ store, put }) {
      await put()
      await store.putState()
      same(await store.count(), 1, 'states do not count')
    },
  },
  'clean-removes-the-expired-alone': {
    title: 'cleanExpired removes what has expired, says how many, and leaves the rest',
    requires: ['cleanExpired'],
    async run({ store, clock, put }) {
      const living = [await put(), await put({ identity: alice }), await put({ expiresAt: clock.in(minuteMs + 1) })]
      for (let i = 0; i < 3; i++) await put({ identity: alice, expiresAt: clock.in(minuteMs - i) })
      same(await store.cleanExpired(), 0, 'before anything has expired there is nothing to clean')
      clock.advance(minuteMs)
      same(await store.cleanExpired(), 3, 'cleanExpired resolves with how many sessions it removed')
      same(await store.cleanExpired(), 0, 'a second clean-up finds nothing')
      for (const session of living) same(await store.load(session.id), session, 'a live session is left alone')
      if (store.capabilities.identityIndex) {
        same((await store.listByIdentity(refOf(alice))).length, 1, 'the list holds what is live')
      }
    },
  },
  'clean-removes-many': {
    title: 'cleanExpired removes all that has expired, also more than one step of it',
    requires: ['cleanExpired'],
    async run({ store, clock, put, peer }) {
      const living = await Promise.all(Array.from({ length: 30 }, () => put()))
      await Promise.all(Array.from({ length: 1_200 }, () => put({ expiresAt: clock.in(minuteMs) })))
      clock.advance(minuteMs)
      const other = await peer()
      const [mine, theirs] = await Promise.all([store.cleanExpired(), other === store ? 0 : other.cleanExpired()])
      same(mine + theirs, 1_200, 'two clean-ups at once remove each session once')
      for (const { id } of living) same(await store.exists(id), true, 'a live session is left alone')
    },
  },
  'clean-spares-what-was-extended': {
    title: 'a session that was touched or saved to live longer is not cleaned',
    requires: ['cleanExpired'],
    async run({ store, clock, put }) {
      const saved = await put({ expiresAt: clock.in(minuteMs) })
      await store.save({ ...saved, expiresAt: clock.in(hourMs) })
      const touched = await put({ expiresAt: clock.in(minuteMs) })
      if (store.capabilities.touch) await store.touch(touched.id, { ttl: hourMs })
      clock.advance(minuteMs)
      same(await store.cleanExpired(), store.capabilities.touch ? 0 : 1, 'what was extended has not expired')
      same((await loaded(store, saved.id)).expiresAt, clock.in(hourMs - minuteMs), 'a saved session is not cleaned')
      if (store.capabilities.touch) await loaded(store, touched.id, 'a touched session is not cleaned')
    },
  },
  'clean-spares-live-states': {
    title: 'cleanExpired leaves a live state alone',
    requires: ['cleanExpired', 'states'],
    async run({ store, clock }) {
      const state = await store.putState({ data: { n: 1 }, ttl: minuteMs + 1 })
      clock.advance(minuteMs)
      await store.cleanExpired()
      const consumed = (await store.consumeState(state)) ?? fail('a live state is not cleaned')
      same(consumed.data, { n: 1 }, 'a live state keeps its data')
    },
  },
})
