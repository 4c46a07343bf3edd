import type { Session } from '../../contract/session.ts'
import { caseGroup } from '../conformance-case.ts'
import { describeError, fail, holds, rejectsWith, same } from '../expectations.ts'
import { addOne, gate, startChange, turns } from '../running-change.ts'
import { dayMs, hourMs, loaded, minuteMs } from '../samples.ts'

/** What is promised while the async change of an update runs. */
export const runningChangeCases = caseGroup('running-changes', ['update'], {
  'touches-restart-nothing': {
    title: 'a change runs once, however often its session is touched meanwhile, and no touch is undone',
    requires: ['touch'],
    async run({ store, clock, put, peer }) {
      const other = await peer()
      const { id } = await put({ data: { n: 0 } })
      let runs = 0
      const updated = await store.update(id, async (session) => {
        runs++
        for (let n = 1; n <= 3; n++) await other.touch(id, { ttl: n * hourMs })
        await store.touch(id, { ttl: dayMs })
        addOne(session)
      })
      same(runs, 1, 'a touch makes no change run again')
      same([updated?.data, updated?.expiresAt], [{ n: 1 }, clock.in(dayMs)], 'update resolves with the touched expiry')
      same(await store.load(id), updated, 'the change is stored, and the expiry that the touch gave')
    },
  },
  'may-touch-its-own-session': {
    title: 'a change that touches its own session runs once',
    requires: ['touch'],
    async run({ store, clock, put }) {
      const { id } = await put({ data: { n: 0 } })
      let runs = 0
      const touches: unknown[] = []
      await store.update(id, (session) => {
        runs++
        touches.push(store.touch(id, { ttl: dayMs })) // not awaited: it is on its way beside the write
        addOne(session)
      })
      same(await Promise.all(touches), [clock.in(dayMs)], 'the touch finds the session')
      same(runs, 1, 'a touch makes no change run again')
      const { data, expiresAt } = await loaded(store, id)
      same([data, expiresAt], [{ n: 1 }, clock.in(dayMs)], 'both the change and its touch are stored')
    },
  },
  'keeps-an-expiry-that-it-does-not-move': {
    title: 'the stored expiry wins, sooner or later, unless the change itself moved it',
    requires: ['touch'],
    async run({ store, clock, put, peer }) {
      const other = await peer()
      for (const ttl of [minuteMs, dayMs]) {
        const { id } = await put()
        const updated = await store.update(id, async (session) => {
          await other.touch(id, { ttl })
          session.expiresAt = new Date(session.expiresAt) // the same instant is no move
        })
        same(updated?.expiresAt, clock.in(ttl), 'update resolves with the expiry that the touch gave')
        same((await loaded(store, id)).expiresAt, clock.in(ttl), 'the expiry that the touch gave is kept')
      }
      const { id } = await put()
      const updated = await store.update(id, async (session) => {
        await other.touch(id, { ttl: dayMs })
        session.expiresAt = clock.in(2 * hourMs)
      })
      same(updated?.expiresAt, clock.in(2 * hourMs), 'update resolves with the expiry that the change gave')
      same((await loaded(store, id)).expiresAt, clock.in(2 * hourMs), 'an expiry that the change moved is stored')
    },
  },
  'let-others-pass': {
    title: 'while an async change runs, loads, exists, touches, saves and deletes of its session do not wait for it',
    async run(context) {
      const { store, clock, put } = context
      const session = await put({ data: { n: 0 } })
      const { id } = session
      const { updating, end, runs } = await startChange(context, id, addOne)
      same(await store.load(id), session, 'a load passes a running change')
      same(await store.exists(id), true, 'exists passes a running change')
      if (store.capabilities.touch) {
        same(await store.touch(id, { ttl: dayMs }), clock.in(dayMs), 'a touch passes a running change')
      }
      const saved = await store.save({ ...session, data: { n: 10 } })
      same((await loaded(store, id)).data, { n: 10 }, 'a save passes a running change')
      end()
      same((await updating)?.data, { n: 11 }, 'the change runs again on what was saved')
      same(runs(), 2, 'a save makes the change run again')
      holds(saved.version !== (await loaded(store, id)).version, 'the update comes after the save')
      const second = await startChange(context, id, addOne)
      same(await store.delete(id), true, 'a delete passes a running change')
      second.end()
      same(await second.updating, null, 'an update whose session was deleted meanwhile is null')
      same(await store.load(id), null, 'the session stays deleted')
    },
  },
  'make-updates-wait': {
    title: 'while an async change runs, a further update of its session waits, and sees what it wrote',
    async run(context) {
      const { store, put } = context
      const { id } = await put({ data: { n: 0 } })
      const first = await startChange(context, id, addOne)
      const seen: unknown[] = []
      const waiting = [0, 1, 2].map((n) =>
        store.update(id, async (session) => {
          seen.push(session.data.n)
          if (n % 2 === 0) await turns(3)
          addOne(session)
        }),
      )
      for (let ask = 0; ask < 3; ask++) await store.load(id)
      await turns(10)
      same(seen, [], 'an update waits while an async change of its session runs')
      first.end()
      same((await first.updating)?.data, { n: 1 }, 'the running change is written first')
      same(
        (await Promise.all(waiting)).map((updated) => updated?.data.n),
        [2, 3, 4],
        'those that waited go on in turn',
      )
      same(seen, [1, 2, 3], 'each change runs once, on what the one before it wrote')
      same(first.runs(), 1, 'nothing came between')
    },
  },
  'make-rotations-wait': {
    title: 'while an async change runs, a rotation of its session waits, and carries what it wrote',
    requires: ['rotate'],
    async run(context) {
      const { store, put } = context
      const { id } = await put({ data: { n: 0 } })
      const { updating, end } = await startChange(context, id, addOne)
      const rotating = store.rotate(id)
      for (let ask = 0; ask < 3; ask++) same(await store.exists(id), true, 'a rotation waits for a running change')
      await turns(10)
      end()
      same((await updating)?.data, { n: 1 }, 'the update is written')
      const rotated = (await rotating) ?? fail('the rotation finds the session')
      same(rotated.data, { n: 1 }, 'the rotation carries what the update wrote')
      same(await store.load(id), null, 'the old id is dead')
    },
  },
  'wait-for-their-own-session-alone': {
    title: 'an update of another session does not wait for a running change',
    async run(context) {
      const { store, put } = context
      const [one, another] = [await put({ data: { n: 0 } }), await put({ data: { n: 0 } })]
      const { updating, end } = await startChange(context, one.id, addOne)
      same((await store.update(another.id, addOne))?.data, { n: 1 }, 'another session is updated meanwhile')
      end()
      same((await updating)?.data, { n: 1 }, 'the update is written')
    },
  },
  'may-rotate-its-own-session': {
    title:
      'a change that rotates its own session does not wait for itself; update is null, and the new id has the session',
    requires: ['rotate'],
    async run({ store, put }) {
      const { id } = await put({ data: { n: 0 } })
      const rotated: (Session | null)[] = []
      const updated = await store.update(id, async (session) => {
        rotated.push(await store.rotate(id))
        addOne(session)
      })
      same(updated, null, 'update is null where the session was rotated away meanwhile')
      same(rotated.length, 1, 'the change runs once')
      same((await loaded(store, rotated[0]?.id ?? '')).data, { n: 0 }, 'the new id has the session as it was')
      same(await store.load(id), null, 'the old id is dead')
    },
  },
  'crosswise-updates-end': {
    title: 'two changes that each update the session of the other end, with an error, and the store works on',
    requires: ['options'],
    options: () => ({ timeoutMs: 500 }),
    async run({ store, put }) {
      const [one, two] = [await put({ data: { n: 0 } }), await put({ data: { n: 0 } })]
      const both = gate(2)
      const crossing = (from: Session, to: Session) =>
        store.update(from.id, async (session) => {
          await both.arrive()
          await store.update(to.id, addOne)
          addOne(session)
        })
      const outcomes = await Promise.allSettled([crossing(one, two), crossing(two, one)])
      const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      holds(errors.length > 0, 'two updates that wait for each other: one ends with an error')
      for (const error of errors) {
        const { code } = error as { code?: unknown }
        const known = code === 'SESS_TIMEOUT' || code === 'SESS_CONFLICT'
        if (!known) fail(`updates crosswise end with SESS_TIMEOUT or SESS_CONFLICT, got ${describeError(error)}`, error)
      }
      for (const { id } of [one, two]) {
        const n = Number((await loaded(store, id)).data.n)
        same((await store.update(id, addOne))?.data, { n: n + 1 }, 'afterwards both sessions can be updated')
      }
    },
  },
  'a-hanging-change-ends': {
    title:
      'a change that does not end is SESS_TIMEOUT after updateTimeoutMs, and what waits for it after its own timeoutMs',
    requires: ['options'],
    options: () => ({ timeoutMs: 500, updateTimeoutMs: 900 }),
    async run(context) {
      const { store, put } = context
      const before = await put({ data: { n: 0 } })
      const { id } = before
      const { updating, end } = await startChange(context, id, addOne)
      const waiting = store.update(id, addOne)
      same(await store.load(id), before, 'a load passes a hanging change')
      await rejectsWith('SESS_TIMEOUT', () => waiting, 'an update behind a hanging change')
      await rejectsWith('SESS_TIMEOUT', () => updating, 'an update whose change does not end')
      same((await store.update(id, addOne))?.data, { n: 1 }, 'afterwards the session can be updated')
      end()
      await turns(10)
      same((await loaded(store, id)).data, { n: 1 }, 'a change that ends too late writes nothing')
    },
  },
  'may-outlast-timeout-ms': {
    title: 'the time in which a change runs does not count towards timeoutMs',
    requires: ['options'],
    options: () => ({ timeoutMs: 1_000 }),
    async run(context) {
      const { store, put } = context
      const { id } = await put({ data: { n: 0 } })
      const { updating, end } = await startChange(context, id, addOne)
      // As long as a call may take: another one that waits for the change is refused by then.
      await rejectsWith('SESS_TIMEOUT', () => store.update(id, addOne), 'an update behind a long change')
      await turns(10)
      end()
      same((await updating)?.data, { n: 1 }, 'a change may take longer than timeoutMs')
    },
  },
})
