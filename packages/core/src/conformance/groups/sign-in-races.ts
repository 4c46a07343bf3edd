import type { Session } from '../../contract/session.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { caseGroup } from '../conformance-case.ts'
import { fail, rejection, same } from '../expectations.ts'
import { value } from '../race.ts'
import { alice, bob, dayMs, hourMs, loaded, minuteMs } from '../samples.ts'
import { raceOf, remove, touch, update } from '../session-race.ts'

const signIn = (store: SessionStore, { id }: Session) => store.rotate(id, { identity: alice })

/** A rotation that signs in or out beside other writers, and at its limits. */
export const moreSignInCases = caseGroup('sign-in', ['rotate'], {
  'gives-a-first-deadline': {
    title: 'a rotation without an identity gives a deadline to a session that has none',
    async run({ store, clock, put }) {
      const before = await put({ expiresAt: clock.in(hourMs) })
      const after = (await store.rotate(before.id, { deadline: clock.in(minuteMs) })) ?? fail('it can be rotated')
      same(
        [after.deadline, after.expiresAt],
        [clock.in(minuteMs), clock.in(minuteMs)],
        'the limit is taken, and clamps',
      )
      same(await store.load(after.id), after, 'what it resolved with is stored')
    },
  },
  'a-sign-out-gives-no-time': {
    title: 'identity: null with a later deadline, or with none, leaves the deadline and the expiry as they are stored',
    async run({ store, clock, put }) {
      for (const deadline of [clock.in(30 * dayMs), null]) {
        const { id } = await put({ identity: alice, expiresAt: clock.in(hourMs), deadline: clock.in(2 * hourMs) })
        const out = (await store.rotate(id, { identity: null, deadline, ttl: dayMs })) ?? fail('it can sign out')
        same([out.deadline, out.expiresAt], [clock.in(2 * hourMs), clock.in(hourMs)], 'a sign-out gives no more time')
      }
    },
  },
  'beside-a-touch': {
    title: 'a sign-in beside a touch renews the expiry, and no touch revives the old id',
    requires: ['touch', 'peer'],
    run: raceOf(signIn, touch, async ([signedIn, touched], session, { store, clock }) => {
      const after = value(signedIn, 'a sign-in beside a touch') ?? fail('the sign-in finds the session')
      value(touched, 'a touch beside a sign-in')
      same(await store.load(session.id), null, 'no touch revives the old id')
      const { identity, expiresAt } = await loaded(store, after.id)
      same([identity, expiresAt], [alice, clock.in(hourMs)], 'the session is signed in, with a renewed expiry')
      await store.delete(after.id)
    }),
  },
  'beside-an-update': {
    title: 'a sign-in beside an update of another client carries it over, or the update is null',
    requires: ['update', 'peer'],
    run: raceOf(signIn, update, async ([signedIn, updated], session, { store }) => {
      const after = value(signedIn, 'a sign-in beside an update') ?? fail('the sign-in finds the session')
      const written = value(updated, 'an update beside a sign-in')
      same(await store.load(session.id), null, 'no update revives the old id')
      const { identity, data } = await loaded(store, after.id)
      const expected = written ? { n: 0, updated: true } : { n: 0 }
      same([identity, data], [alice, expected], 'the session is signed in, and an update that resolved is carried over')
      await store.delete(after.id)
    }),
  },
  'beside-a-delete': {
    title: 'a sign-in beside a delete: one of them finds the session, and a deleted one signs nobody in',
    requires: ['peer'],
    run: raceOf(signIn, remove, async ([signedIn, deleted], session, { store }) => {
      const after = value(signedIn, 'a sign-in beside a delete')
      same(after === null, value(deleted, 'a delete beside a sign-in'), 'either the sign-in or the delete finds it')
      same(await store.load(session.id), null, 'the old id is dead')
      if (after === null) return
      same((await loaded(store, after.id)).identity, alice, 'the session is signed in')
      await store.delete(after.id)
    }),
  },
  'unreadable-ones-keep-their-id': {
    title: 'a sign-in or sign-out of a session that cannot be read rejects, and it keeps its id',
    requires: ['damage'],
    async run({ store, put, damage }) {
      const { id } = await put({ identity: bob })
      await damage(id)
      const rotations = [
        { identity: alice },
        { identity: alice, data: { n: 1 } },
        { identity: null },
        { data: { n: 1 } },
      ]
      for (const options of rotations) {
        const error = await rejection(() => store.rotate(id, options), 'a rotation of what cannot be read')
        same(error.code, 'SESS_CORRUPT', 'what cannot be read is SESS_CORRUPT')
      }
      same(await store.exists(id), true, 'it keeps its id')
    },
  },
})
