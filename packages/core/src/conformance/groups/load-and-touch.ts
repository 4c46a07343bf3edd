import { caseGroup } from '../conformance-case.ts'
import { rejectsWithTypeError, same } from '../expectations.ts'
import { value } from '../race.ts'
import { hourMs, minuteMs } from '../samples.ts'
import { raceOf, remove } from '../session-race.ts'

export const loadAndTouchCases = caseGroup('load-and-touch', ['touch'], {
  'touches-what-is-due': {
    title: 'a load with touch renews a session that was last seen longer ago, and resolves with it as it is then',
    async run({ store, clock, put }) {
      const session = await put({ data: { n: 1 } })
      clock.advance(minuteMs + 1)
      const touched = await store.load(session.id, { touch: '1m' })
      same(touched, { ...session, lastSeenAt: clock.in(0), expiresAt: clock.in(hourMs) }, 'it is touched')
      same(await store.load(session.id), touched, 'and stored so')
    },
  },
  'leaves-what-is-not': {
    title: 'a load with touch writes nothing where the session was seen since',
    async run({ store, clock, put }) {
      const session = await put()
      clock.advance(minuteMs - 1)
      same(await store.load(session.id, { touch: '1m' }), session, 'it is not touched')
      same(await store.load(session.id), session, 'nothing is written')
    },
  },
  'stays-within-the-deadline': {
    title: 'a load with touch moves no expiry past the deadline, and revives nothing',
    async run({ store, clock, put }) {
      const { id } = await put({ deadline: clock.in(hourMs) })
      clock.advance(hourMs - minuteMs)
      same((await store.load(id, { touch: '1m' }))?.expiresAt, clock.in(minuteMs), 'it is clamped to the deadline')
      clock.advance(minuteMs)
      same(await store.load(id, { touch: '1m' }), null, 'an expired session is null')
    },
  },
  'leaves-what-is-exactly-as-old': {
    title: 'a load with touch writes nothing where the session was last seen exactly that long ago',
    async run({ store, clock, put }) {
      const session = await put()
      clock.advance(minuteMs)
      same(await store.load(session.id, { touch: minuteMs }), session, 'it is not older, so it is not touched')
      clock.advance(1)
      same((await store.load(session.id, { touch: minuteMs }))?.lastSeenAt, clock.in(0), 'a millisecond later it is')
    },
  },
  'renews-by-its-own-idle-time': {
    title: "a load with touch renews by the session's own ttlMs, not by the ttl of the store",
    requires: ['options'],
    options: () => ({ ttl: '3h' }),
    async run({ store, clock, put }) {
      const session = await put({ expiresAt: clock.in(hourMs), ttlMs: 2 * hourMs })
      clock.advance(minuteMs)
      same((await store.load(session.id, { touch: 1 }))?.expiresAt, clock.in(2 * hourMs), 'it has its own idle time')
    },
  },
  'beside-a-delete': {
    title: 'a load with touch beside a delete gives the session or null, and revives nothing',
    requires: ['peer'],
    run: raceOf(
      (store, { id }, { clock }) => {
        clock.advance(2)
        return store.load(id, { touch: 1 })
      },
      remove,
      async ([read, deleted], session, { store }) => {
        value(read, 'a load with touch beside a delete')
        same(value(deleted, 'a delete beside a load with touch'), true, 'the delete finds the session')
        same(await store.load(session.id), null, 'no touch revives what was deleted')
      },
    ),
  },
  'bad-touch-is-a-type-error': {
    title: 'a touch that is no duration rejects with a TypeError',
    async run({ store, put }) {
      const { id } = await put()
      for (const touch of [0, -1, 'soon', null]) {
        await rejectsWithTypeError(() => store.load(id, { touch: touch as never }), 'a touch that is no duration')
      }
    },
  },
})
