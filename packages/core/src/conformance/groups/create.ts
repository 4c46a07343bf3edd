import { caseGroup } from '../conformance-case.ts'
import { differs, holds, isTypeError, rejection, rejectsWith, rejectsWithTypeError, same } from '../expectations.ts'
import {
  alice,
  badDurations,
  bob,
  byHand,
  dayMs,
  hourMs,
  idsInOrder,
  loaded,
  minuteMs,
  tokenPattern,
} from '../samples.ts'

const first = 'first'.padEnd(43, '1')
const second = 'second'.padEnd(43, '2')

export const createCases = caseGroup('create', ['create'], {
  'id-has-256-random-bits': {
    title: 'every bit of an id varies from one session to the next',
    async run({ store }) {
      const sessions = await Promise.all(Array.from({ length: 200 }, () => store.create()))
      const ones = new Array<number>(256).fill(0)
      for (const { id } of sessions) {
        holds(tokenPattern.test(id), 'an id is 43 characters of base64url')
        const bytes = Buffer.from(id, 'base64url')
        for (let bit = 0; bit < 256; bit++) ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1)
      }
      same(new Set(sessions.map(({ id }) => id)).size, 200, 'no id is given out twice')
      // 100 of 200 are expected; 45 is more than six standard deviations.
      for (const count of ones) holds(Math.abs(count - 100) < 45, 'all 256 bits of an id are random')
    },
  },
  defaults: {
    title: 'without options: anonymous, {} as data, 24 hours, 30 days at most',
    async run({ store, clock }) {
      const { id, version, handle, ...rest } = await store.create()
      holds(tokenPattern.test(id), 'an id is 43 characters of base64url')
      holds(typeof version === 'string' && version !== '', 'a version is a non-empty string')
      const expected = {
        ...byHand(clock),
        expiresAt: clock.in(dayMs),
        ttlMs: dayMs,
        deadline: clock.in(30 * dayMs),
      }
      same(rest, expected, 'what create leaves out has its default')
    },
  },
  'resolves-with-what-is-stored': {
    title: 'load gives what create resolved with',
    async run({ store, clock }) {
      const data = { cart: [{ sku: 'x', n: 2 }], theme: null }
      const created = await store.create({ identity: alice, data, ttl: hourMs, deadline: clock.in(dayMs) })
      same(created.identity, alice, 'create keeps the identity')
      same(created.data, data, 'create keeps the data')
      same(created.deadline, clock.in(dayMs), 'create keeps the deadline')
      same(await store.load(created.id), created, 'load gives what create resolved with')
    },
  },
  'identity-without-attributes': {
    title: 'an identity has {} for attributes where none were given, and nothing else is made up',
    async run({ store }) {
      const { id } = await store.create({ identity: { providerId: 'github', externalId: 'x' } })
      const { identity } = await loaded(store, id)
      same(identity, { providerId: 'github', externalId: 'x', attributes: {} }, 'attributes are {} when absent')
    },
  },
  'ttl-as-milliseconds-or-duration': {
    title: 'ttl is a number of milliseconds or a duration string',
    async run({ store, clock }) {
      const table = [
        [90_000, 90_000],
        ['90s', 90_000],
        ['15m', 15 * minuteMs],
        ['24h', dayMs],
        ['2h30m', 2.5 * hourMs],
        ['90000ms', 90_000],
        ['7d', 7 * dayMs],
      ] as const
      for (const [ttl, ms] of table) {
        const { expiresAt } = await store.create({ ttl })
        same(expiresAt, clock.in(ms), `ttl ${ttl} is ${ms} ms from now`)
      }
    },
  },
  'bad-ttl-is-a-type-error': {
    title: 'a ttl that is no duration is a TypeError, and nothing is stored',
    async run({ store }) {
      for (const ttl of badDurations) {
        await rejectsWithTypeError(
          () => store.create({ ttl: ttl as never }),
          `ttl ${JSON.stringify(ttl) ?? String(ttl)}`,
        )
      }
      if (store.capabilities.count) same(await store.count(), 0, 'a rejected create stores nothing')
    },
  },
  'deadline-clamps-expiry': {
    title: 'expiresAt never lies past the deadline',
    async run({ store, clock }) {
      const created = await store.create({ ttl: dayMs, deadline: clock.in(hourMs) })
      same(created.expiresAt, clock.in(hourMs), 'create clamps expiresAt to the deadline')
      same((await loaded(store, created.id)).expiresAt, clock.in(hourMs), 'what is stored is clamped to the deadline')
      clock.advance(hourMs)
      same(await store.load(created.id), null, 'at its deadline a session is gone')
    },
  },
  'deadline-in-the-past-is-never-live': {
    title: 'a deadline that has passed makes no live session',
    async run({ store, clock }) {
      for (const deadline of [clock.in(-1), clock.in(0)]) {
        const created = await store.create({ deadline }).catch((error: unknown) => {
          holds(isTypeError(error), 'a passed deadline is a TypeError or an absent session')
          return null
        })
        if (created) same(await store.load(created.id), null, 'a session past its deadline is not live')
      }
    },
  },
  'input-is-taken-at-the-call': {
    title: 'what the caller alters after the call is not stored',
    async run({ store }) {
      const data = { list: [1] }
      const identity = { ...alice, attributes: { plan: 'pro' } }
      const pending = store.create({ data, identity })
      data.list.push(2)
      identity.attributes.plan = 'free'
      const created = await pending
      same(created.data, { list: [1] }, 'create takes its input at the call')
      created.data.list = 'altered'
      const stored = await loaded(store, created.id)
      same(stored.data, { list: [1] }, 'what create resolved with is not what is stored')
      same(stored.identity?.attributes, { plan: 'pro' }, 'the identity is taken at the call')
    },
  },
  'wrong-arguments-are-type-errors': {
    title: 'an identity, data or deadline of the wrong type rejects',
    async run({ store }) {
      const identities = ['alice', 1, [], {}, { providerId: 'a' }, { providerId: 1, externalId: 'b' }]
      for (const identity of [...identities, { ...alice, email: 1 }, { ...alice, attributes: { a: 1 } }]) {
        await rejectsWithTypeError(() => store.create({ identity: identity as never }), 'an identity of a wrong shape')
      }
      for (const deadline of [new Date(Number.NaN), '2030-01-01', 'soon', {}]) {
        await rejectsWithTypeError(
          () => store.create({ deadline: deadline as never }),
          'a deadline that is no valid date',
        )
      }
      for (const data of ['text', 1, [1], true, new Date(0), new Map()]) {
        const error = await rejection(() => store.create({ data: data as never }), 'data that is no plain object')
        holds(error.code === 'SESS_NOT_SERIALIZABLE' || isTypeError(error), 'data that is no plain object')
      }
      if (store.capabilities.count) same(await store.count(), 0, 'a rejected create stores nothing')
    },
  },
  'sessions-are-apart': {
    title: 'two sessions share nothing',
    async run({ store }) {
      const [one, two] = await Promise.all([store.create({ data: { n: 1 } }), store.create({ data: { n: 2 } })])
      differs(one.id, two.id, 'two sessions have two ids')
      same((await loaded(store, one.id)).data, { n: 1 }, 'the first has its own data')
      same((await loaded(store, two.id)).data, { n: 2 }, 'the second has its own data')
    },
  },
  'store-ttl-is-the-default': {
    title: "the store's ttl option holds where the caller names none",
    requires: ['options'],
    options: () => ({ ttl: '30m' }),
    async run({ store, clock }) {
      same((await store.create()).expiresAt, clock.in(30 * minuteMs), "the store's ttl option is the default")
    },
  },
  'collision-is-retried': {
    title: 'an id that is taken is drawn again, and its session is not overwritten',
    requires: ['options'],
    options: () => ({ generateId: idsInOrder(first, first, second) }),
    async run({ store }) {
      const one = await store.create({ data: { n: 1 }, identity: alice })
      const two = await store.create({ data: { n: 2 }, identity: bob })
      same(one.id, first, 'the store draws its ids from generateId')
      same(two.id, second, 'after a collision another id is drawn')
      same(await store.load(first), one, 'create never overwrites the session that has the id')
      same((await loaded(store, second)).data, { n: 2 }, 'the second session is stored')
    },
  },
  'lasting-collision-is-an-error': {
    title: 'ids that are always taken end in SESS_COLLISION after a few',
    requires: ['options'],
    options: () => {
      let draws = 0
      return { generateId: () => (++draws > 1_000 ? idsInOrder()() : first) }
    },
    async run({ store }) {
      const one = await store.create({ data: { n: 1 } })
      await rejectsWith('SESS_COLLISION', () => store.create({ data: { n: 2 } }), 'an id that stays taken')
      same(await store.load(first), one, 'the session that has the id is untouched')
    },
  },
  'expired-id-is-free': {
    title: 'the id of an expired session is no collision',
    requires: ['options'],
    options: () => ({ generateId: idsInOrder(first, first) }),
    async run({ store, clock }) {
      await store.create({ ttl: minuteMs, data: { n: 1 }, identity: alice })
      clock.advance(minuteMs)
      const again = await store.create({ data: { n: 2 } })
      same(again.id, first, 'the id of an expired session is free')
      same(await store.load(first), again, 'nothing of the expired session is left in the new one')
    },
  },
})
