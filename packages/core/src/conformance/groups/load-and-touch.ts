import { caseGroup } from '../conformance-case.ts'
import { rejectsWithTypeError, same } from '../expectations.ts'
import { hourMs, minuteMs } from '../samples.ts'

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
