import { caseGroup } from '../conformance-case.ts'
import { fail, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, bob, dayMs, hourMs, loaded, minuteMs, only, refOf } from '../samples.ts'

export const signInCases = caseGroup('sign-in', ['rotate'], {
  'is-one-step': {
    title: 'a rotation with an identity gives person, time, renewed expiry and a new limit, and kills the old id',
    async run({ store, clock, put }) {
      const before = await put({ data: { cart: [1] }, expiresAt: clock.in(2 * hourMs), deadline: clock.in(3 * hourMs) })
      clock.advance(hourMs)
      const after = (await store.rotate(before.id, { identity: alice })) ?? fail('a live session can sign in')
      const { id, handle, version } = after
      const expected = {
        ...before,
        ...{ id, handle, version, identity: alice },
        lastSeenAt: clock.in(0),
        authenticatedAt: clock.in(0),
        expiresAt: clock.in(2 * hourMs),
        deadline: clock.in(30 * dayMs),
      }
      same(after, expected, 'a sign-in gives all of it')
      same(await store.load(id), after, 'load gives what the sign-in resolved with')
      same(await store.load(before.id), null, 'the id from before the sign-in is dead')
    },
  },
  'takes-its-own-limits': {
    title: 'ttl becomes the idle time, deadline the limit, null means none, and data is replaced',
    async run({ store, clock, put }) {
      const { id } = await put({ data: { old: 1 } })
      const options = { identity: alice, ttl: '2h', deadline: null, data: { new: 1 } }
      const after = (await store.rotate(id, options)) ?? fail('a live session can sign in')
      const { ttlMs, deadline, expiresAt, data } = after
      const expected = { ttlMs: 2 * hourMs, deadline: null, expiresAt: clock.in(2 * hourMs), data: { new: 1 } }
      same({ ttlMs, deadline, expiresAt, data }, expected, 'a sign-in takes ttl, deadline and data')
      const limited = await store.rotate(after.id, { identity: alice, deadline: clock.in(minuteMs) })
      same(limited?.expiresAt, clock.in(minuteMs), 'the renewed expiry is clamped to the new limit')
    },
  },
  'again-is-later': {
    title: 'a re-authentication of the same person moves authenticatedAt',
    async run({ store, clock, put }) {
      const { id } = await put()
      const first = (await store.rotate(id, { identity: alice })) ?? fail('a live session can sign in')
      clock.advance(minuteMs)
      const second = await store.rotate(first.id, { identity: alice })
      same(second?.authenticatedAt, clock.in(0), 'authenticatedAt is when the person last proved who they are')
    },
  },
  'null-signs-out': {
    title: 'identity: null signs out and keeps the session',
    async run({ store, put }) {
      const { id } = await put({ data: { n: 1 } })
      const signedIn = (await store.rotate(id, { identity: alice })) ?? fail('a live session can sign in')
      const out = (await store.rotate(signedIn.id, { identity: null })) ?? fail('a live session can sign out')
      const { identity, authenticatedAt, data, expiresAt } = out
      const expected = { identity: null, authenticatedAt: null, data: { n: 1 }, expiresAt: signedIn.expiresAt }
      same({ identity, authenticatedAt, data, expiresAt }, expected, 'a sign-out takes the person and nothing else')
    },
  },
  'without-one-a-limit-only-shrinks': {
    title: 'without an identity a deadline can only be made earlier, and a ttl gives no more time',
    async run({ store, clock, put }) {
      const before = await put({ expiresAt: clock.in(hourMs), deadline: clock.in(dayMs) })
      const options = { deadline: clock.in(2 * dayMs), ttl: 3 * hourMs }
      const same1 = (await store.rotate(before.id, options)) ?? fail('a live session can be rotated')
      same(same1.deadline, clock.in(dayMs), 'a later limit leaves the one that is there')
      same(same1.expiresAt, clock.in(hourMs), 'a rotation that is no sign-in renews nothing')
      same(same1.ttlMs, 3 * hourMs, 'a ttl becomes the idle time')
      const earlier = (await store.rotate(same1.id, { deadline: clock.in(minuteMs) })) ?? fail('it can be rotated')
      same(earlier.deadline, clock.in(minuteMs), 'an earlier limit is taken')
      same(earlier.expiresAt, clock.in(minuteMs), 'and clamps the expiry')
      same(
        (await store.rotate(earlier.id, { deadline: null }))?.deadline,
        clock.in(minuteMs),
        'null takes no limit away',
      )
    },
  },
  'moves-the-index': {
    title: 'the person has the session from then on, and whoever had it before has it no more',
    requires: ['identityIndex'],
    async run({ store, put }) {
      const { id } = await put({ identity: bob })
      const after = (await store.rotate(id, { identity: alice })) ?? fail('a live session can sign in')
      same(only(await store.listByIdentity(refOf(alice)), 'sessions of the person').handle, after.handle, 'it is hers')
      same(await store.listByIdentity(refOf(bob)), [], 'the one before has none')
    },
  },
  'bad-input-costs-nothing': {
    title: 'a limit that has passed, a ttl that is none and no identity reject with a TypeError, and the old id lives',
    async run({ store, clock, put }) {
      const before = await put({ data: { n: 1 } })
      const wrong = [
        { identity: alice, deadline: clock.in(0) },
        { identity: alice, ttl: 0 },
        { identity: { providerId: 'github' } },
        { data: 'text' },
        'text',
      ]
      for (const options of wrong) {
        await rejectsWithTypeError(() => store.rotate(before.id, options as never), 'a rotation with a wrong argument')
      }
      same(await store.load(before.id), before, 'a rejected rotation changes nothing')
    },
  },
  'beside-an-update-loses-nothing': {
    title: 'a sign-in beside updates of another client loses none of them that resolved',
    requires: ['peer', 'update'],
    async run({ store, peer, put }) {
      const other = await peer()
      for (let round = 0; round < 10; round++) {
        const { id } = await put({ data: { n: 0 } })
        const add = () => other.update(id, ({ data }) => void Object.assign(data, { n: Number(data.n) + 1 }))
        const [signedIn, ...updates] = await Promise.all([store.rotate(id, { identity: alice }), add(), add(), add()])
        const counted = updates.filter((session) => session !== null).length
        const { data, identity } = await loaded(store, signedIn?.id ?? fail('a live session can sign in'))
        same({ data, identity }, { data: { n: counted }, identity: alice }, 'every update that resolved is there')
      }
    },
  },
})
