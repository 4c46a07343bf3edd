import { types } from 'node:util'
import { caseGroup } from '../conformance-case.ts'
import { holds, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, all, badDurations, dayMs, hourMs, loaded, minuteMs, only, refOf } from '../samples.ts'

export const touchCases = caseGroup('touch', ['touch'], {
  'moves-expiry': {
    title: 'expiresAt becomes now + ttl, and touch resolves with it',
    async run({ store, clock, put }) {
      const { id } = await put()
      for (const [ttl, ms] of [
        [90_000, 90_000],
        ['2h', 2 * hourMs],
        ['1h30m', 1.5 * hourMs],
        ['10s', 10_000],
      ] as const) {
        clock.advance(1_000)
        const touched = await store.touch(id, { ttl })
        holds(types.isDate(touched), 'touch resolves with a Date')
        same(touched, clock.in(ms), `touch with ttl ${ttl} resolves with now + ${ms} ms`)
        same((await loaded(store, id)).expiresAt, clock.in(ms), `touch with ttl ${ttl} stores now + ${ms} ms`)
      }
    },
  },
  'default-is-its-own-idle-time': {
    title: "without a ttl: the session's own idle time, whatever a touch before it gave",
    async run({ store, clock, put }) {
      const { id } = await put({ expiresAt: clock.in(2 * hourMs) })
      clock.advance(minuteMs)
      same(await store.touch(id), clock.in(2 * hourMs), "touch without ttl gives the session's ttlMs")
      same(await store.touch(id, { ttl: minuteMs }), clock.in(minuteMs), 'touch with a ttl gives that for this once')
      same(await store.touch(id, {}), clock.in(2 * hourMs), 'touch with no ttl in its options gives ttlMs')
      same((await loaded(store, id)).ttlMs, 2 * hourMs, 'a touch leaves ttlMs alone')
    },
  },
  'is-seen': {
    title: 'lastSeenAt becomes now',
    async run({ store, clock, put }) {
      const { id } = await put()
      clock.advance(1_000)
      await store.touch(id)
      same((await loaded(store, id)).lastSeenAt, clock.in(0), 'a touch moves lastSeenAt to now')
    },
  },
  'keeps-alive': {
    title: 'a session touched in time outlives its first expiry, and then expires',
    async run({ store, clock, put }) {
      const { id } = await put({ expiresAt: clock.in(minuteMs) })
      for (let i = 0; i < 5; i++) {
        clock.advance(minuteMs - 1)
        same(await store.touch(id, { ttl: minuteMs }), clock.in(minuteMs), 'a live session can be touched')
      }
      clock.advance(minuteMs - 1)
      same(await store.exists(id), true, 'a touched session lives until its new expiry')
      clock.advance(1)
      same(await store.exists(id), false, 'a touched session expires at its new expiry')
    },
  },
  'writes-nothing-else': {
    title: 'data, identity, createdAt, deadline and version stay as they are',
    async run({ store, clock, put }) {
      const before = await put({ identity: alice, data: { n: 1 }, deadline: clock.in(dayMs) })
      clock.advance(1_000)
      await store.touch(before.id, { ttl: 2 * hourMs })
      same(
        await store.load(before.id),
        { ...before, expiresAt: clock.in(2 * hourMs), lastSeenAt: clock.in(0) },
        'a touch writes expiresAt and lastSeenAt alone',
      )
    },
  },
  'keeps-what-others-wrote': {
    title: 'a touch does not bring back data that this client read before',
    async run({ store, put, peer }) {
      const other = await peer()
      const { id } = await put({ data: { n: 1 } })
      const mine = await loaded(store, id)
      await other.save({ ...mine, data: { n: 2 } })
      await store.touch(id, { ttl: hourMs })
      same((await loaded(other, id)).data, { n: 2 }, 'a touch rewrites no data')
    },
  },
  'same-instant-is-no-miss': {
    title: 'a touch that changes nothing still finds the session',
    async run({ store, clock, put }) {
      const { id } = await put()
      same(await store.touch(id, { ttl: hourMs }), clock.in(hourMs), 'the first touch')
      same(await store.touch(id, { ttl: hourMs }), clock.in(hourMs), 'a touch to the same instant is not null')
    },
  },
  'can-shorten': {
    title: 'a touch can move expiresAt nearer',
    async run({ store, clock, put }) {
      const { id } = await put({ expiresAt: clock.in(dayMs) })
      same(await store.touch(id, { ttl: minuteMs }), clock.in(minuteMs), 'touch is now + ttl, not the later of both')
      clock.advance(minuteMs)
      same(await store.load(id), null, 'the session expires at the nearer instant')
    },
  },
  'stops-at-the-deadline': {
    title: 'no touch moves expiresAt past the deadline',
    async run({ store, clock, put }) {
      const { id } = await put({ expiresAt: clock.in(minuteMs), deadline: clock.in(hourMs) })
      same(await store.touch(id, { ttl: dayMs }), clock.in(hourMs), 'touch is clamped to the deadline')
      same((await loaded(store, id)).expiresAt, clock.in(hourMs), 'what is stored is clamped to the deadline')
      clock.advance(hourMs - 1)
      same(await store.touch(id), clock.in(1), 'a touch just before the deadline gives no more time')
      clock.advance(1)
      same(await store.touch(id), null, 'at the deadline a touch is null')
      same(await store.load(id), null, 'at the deadline the session is gone')
    },
  },
  'never-revives': {
    title: 'a touch of a deleted, expired or unknown session is null and brings nothing back',
    async run({ store, clock, put, newId }) {
      const unknown = newId()
      same(await store.touch(unknown), null, 'a touch of an unknown id is null')
      same(await store.load(unknown), null, 'an unknown id is never adopted')
      const deleted = await put()
      await store.delete(deleted.id)
      same(await store.touch(deleted.id), null, 'a touch of a deleted session is null')
      same(await store.load(deleted.id), null, 'a touch never revives a deleted session')
      const expired = await put({ expiresAt: clock.in(minuteMs) })
      clock.advance(minuteMs)
      same(await store.touch(expired.id), null, 'a touch of an expired session is null')
      same(await store.load(expired.id), null, 'a touch never revives an expired session')
    },
  },
  'shows-in-lists': {
    title: 'lists and entries show the expiry that a touch gave',
    requires: ['identityIndex'],
    async run({ store, clock, put }) {
      const { id } = await put({ identity: alice, expiresAt: clock.in(minuteMs) })
      await store.touch(id, { ttl: dayMs })
      clock.advance(hourMs)
      const expected = clock.in(dayMs - hourMs)
      const listed = only(await store.listByIdentity(refOf(alice)), 'sessions in the list')
      same(listed.expiresAt, expected, 'the list shows the new expiry')
      if (!store.capabilities.scan) return
      same(only(await all(store), 'entries').expiresAt, expected, 'entries shows the new expiry')
    },
  },
  'bad-ttl-is-a-type-error': {
    title: 'a ttl that is no duration is a TypeError, and nothing is written',
    async run({ store, put }) {
      const before = await put()
      for (const ttl of badDurations) {
        const call = () => store.touch(before.id, { ttl: ttl as never })
        await rejectsWithTypeError(call, `ttl ${JSON.stringify(ttl) ?? String(ttl)}`)
      }
      same(await store.load(before.id), before, 'a rejected touch writes nothing')
    },
  },
})
