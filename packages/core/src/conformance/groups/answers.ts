import type { Session } from '../../contract/session.ts'
import { caseGroup } from '../conformance-case.ts'
import { fail, same } from '../expectations.ts'
import { alice, bob, byHand, dayMs, hourMs, loaded, minuteMs } from '../samples.ts'

/** What a write answers is what is stored: a caller must not believe in a limit that does not exist. */
export const answerCases = caseGroup('answers', [], {
  'of-a-save-are-what-is-stored': {
    title: 'a save of a session that has other limits by now resolves with those',
    async run({ store, clock, put, peer }) {
      const other = await peer()
      const limits: Partial<Session>[] = [
        { deadline: clock.in(minuteMs) },
        { deadline: clock.in(dayMs), createdAt: clock.in(-dayMs) },
        { deadline: null, createdAt: clock.in(-minuteMs) },
      ]
      for (const limit of limits) {
        const first = await put({ identity: alice, data: { n: 1 }, deadline: clock.in(2 * hourMs) })
        await other.save({ id: first.id, expiresAt: clock.in(dayMs), ...limit })
        const answer = await store.save({ ...first, identity: bob, data: { n: 2 } })
        same(answer, await loaded(other, first.id), 'what save resolves with is what is stored')
        const { createdAt, deadline } = answer
        const kept = { createdAt: limit.createdAt ?? first.createdAt, deadline: limit.deadline ?? null }
        same({ createdAt, deadline }, kept, 'createdAt and deadline are those that are stored')
      }
    },
  },
  'of-a-save-show-the-clamped-expiry': {
    title: 'a save whose expiresAt is beyond the deadline resolves with the deadline, whatever the session says of it',
    async run({ store, clock, put }) {
      const first = await put({ deadline: clock.in(hourMs) })
      for (const deadline of [clock.in(dayMs), null]) {
        const answer = await store.save({ ...first, deadline, expiresAt: clock.in(2 * dayMs) })
        same(answer.expiresAt, clock.in(hourMs), 'expiresAt is clamped to the stored deadline')
        same(answer, await loaded(store, first.id), 'what save resolves with is what is stored')
      }
    },
  },
  'of-many-saves-are-their-own': {
    title: 'saves that travel together each resolve with what is stored of their own session',
    async run({ store, clock, put }) {
      const sessions: Session[] = []
      for (let n = 1; n <= 12; n++) sessions.push(await put({ deadline: clock.in(n * hourMs), data: { n } }))
      const saves = sessions.map((session, n) =>
        // every third one believes in another deadline
        store.save({ ...session, deadline: n % 3 === 0 ? null : session.deadline, expiresAt: clock.in(dayMs) }),
      )
      for (const [n, answer] of (await Promise.all(saves)).entries()) {
        same(
          answer,
          await loaded(store, sessions[n]?.id ?? ''),
          'each save resolves with what is stored of its session',
        )
        same(answer.expiresAt, sessions[n]?.deadline, 'each is clamped to the deadline of its own session')
      }
    },
  },
  'of-a-save-by-hand-are-what-is-stored': {
    title: 'a save by hand over another session resolves with what is stored, and nothing of the other one stays',
    async run({ store, clock, put }) {
      const { id } = await put({
        identity: alice,
        data: { old: 1 },
        createdAt: clock.in(-dayMs),
        deadline: clock.in(hourMs),
      })
      const answer = await store.save({ id, expiresAt: clock.in(dayMs), data: { n: 1 } })
      same(answer, await loaded(store, id), 'what save resolves with is what is stored')
      const { version, handle } = answer
      const expected = { ...byHand(clock), data: { n: 1 }, expiresAt: clock.in(dayMs), ttlMs: dayMs }
      same(answer, { id, ...expected, version, handle }, 'nothing of the other stays')
    },
  },
  'of-other-writes-are-what-is-stored': {
    title: 'create, update, touch and rotate resolve with what is stored',
    async run({ store, clock, put, peer }) {
      const other = await peer()
      const { create, update, touch, rotate } = store.capabilities
      if (create) {
        const created = await store.create({ identity: alice, ttl: dayMs, deadline: clock.in(hourMs) })
        same(created, await loaded(other, created.id), 'what create resolves with is what is stored')
      }
      const { id } = await put({ data: { n: 1 }, deadline: clock.in(hourMs) })
      if (touch) {
        const answer = await store.touch(id, { ttl: dayMs })
        same(answer, (await loaded(other, id)).expiresAt, 'what touch resolves with is what is stored')
      }
      if (update) {
        const answer = await store.update(id, async (session) => {
          if (touch) await other.touch(id, { ttl: minuteMs })
          session.data.n = 2
        })
        same(answer, await loaded(other, id), 'what update resolves with is what is stored')
      }
      if (rotate) {
        const answer = (await store.rotate(id)) ?? fail('a live session can be rotated')
        same(answer, await loaded(other, answer.id), 'what rotate resolves with is what is stored')
      }
    },
  },
})
