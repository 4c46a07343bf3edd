import { caseGroup } from '../conformance-case.ts'
import { differs, fail, holds, isError, rejectsWith, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, bob, dayMs, hourMs, loaded, minuteMs } from '../samples.ts'

const add = (session: { data: Record<string, unknown> }) => {
  session.data.n = Number(session.data.n ?? 0) + 1
}

export const updateCases = caseGroup('update', ['update'], {
  'in-place': {
    title: 'what the change does to the session is stored',
    async run({ store, put }) {
      const before = await put({ identity: alice, data: { n: 1, kept: true } })
      const updated = await store.update(before.id, (session) => {
        same(session, before, 'the change gets the stored session')
        add(session)
        session.identity = bob
      })
      const expected = { ...before, data: { n: 2, kept: true }, identity: bob, version: updated?.version }
      same(updated, expected, 'update resolves with what is stored')
      same(await store.load(before.id), updated, 'load gives what update resolved with')
      differs(updated?.version, before.version, 'an update gives a new version')
    },
  },
  'returns-another': {
    title: 'the change may return another session instead',
    async run({ store, put }) {
      const { id } = await put({ data: { n: 1 } })
      const updated = await store.update(id, (session) => ({ ...session, data: { other: 1 } }))
      same(updated?.data, { other: 1 }, 'what the change returns is stored')
      same((await loaded(store, id)).data, { other: 1 }, 'load gives what the change returned')
    },
  },
  'async-change': {
    title: 'the change may be async',
    async run({ store, put }) {
      const { id } = await put({ data: { n: 1 } })
      await store.update(id, async (session) => {
        await new Promise((resolve) => setImmediate(resolve))
        add(session)
      })
      same((await loaded(store, id)).data, { n: 2 }, 'an async change is awaited')
    },
  },
  'nothing-is-null': {
    title: 'where there is no session the change is not called',
    async run({ store, newId, clock, put }) {
      const never = () => fail('the change is not called where there is no session')
      same(await store.update(newId(), never), null, 'an unknown id is null')
      const deleted = await put()
      await store.delete(deleted.id)
      same(await store.update(deleted.id, never), null, 'a deleted session is null')
      const expired = await put({ expiresAt: clock.in(minuteMs) })
      clock.advance(minuteMs)
      same(await store.update(expired.id, never), null, 'an expired session is null')
    },
  },
  'change-that-throws-writes-nothing': {
    title: 'an error of the change rejects as it is, and nothing is written',
    async run({ store, put }) {
      const before = await put({ data: { n: 1 } })
      const mine = new Error('mine')
      for (const raise of [() => Promise.reject(mine), () => fail('mine')]) {
        const update = store.update(before.id, (session) => {
          add(session)
          return raise()
        })
        const error = await update.catch((caught: unknown) => caught)
        holds(error === mine || (error as Error).message === 'mine', "the change's own error comes through")
      }
      same(await store.load(before.id), before, 'a change that throws writes nothing')
    },
  },
  'keeps-id-created-at-and-deadline': {
    title: 'no change alters createdAt or the deadline, or moves expiresAt past it',
    async run({ store, clock, put }) {
      const before = await put({ deadline: clock.in(dayMs) })
      clock.advance(1_000)
      const updated = await store.update(before.id, (session) => ({
        ...session,
        createdAt: clock.in(0),
        deadline: null,
        expiresAt: clock.in(30 * dayMs),
      }))
      const { createdAt, deadline, expiresAt } = await loaded(store, before.id)
      const kept = { createdAt: before.createdAt, deadline: before.deadline, expiresAt: before.deadline }
      same({ createdAt, deadline, expiresAt }, kept, 'createdAt and deadline stay, and clamp expiresAt')
      same(updated?.expiresAt, before.deadline, 'update resolves with the clamped expiresAt')
    },
  },
  'moves-expiry': {
    title: 'a change of expiresAt is kept, and a passed one ends the session',
    async run({ store, clock, put }) {
      const { id } = await put()
      const to = (ms: number) =>
        store.update(id, (session) => {
          session.expiresAt = clock.in(ms)
        })
      same((await to(2 * hourMs))?.expiresAt, clock.in(2 * hourMs), 'update resolves with the new expiresAt')
      same((await loaded(store, id)).expiresAt, clock.in(2 * hourMs), 'a change of expiresAt is stored')
      await to(0)
      same(await store.load(id), null, 'a session whose expiresAt has passed is absent')
    },
  },
  'result-is-not-shared': {
    title: 'neither the session in the change nor the result is shared with the store',
    async run({ store, put }) {
      const { id } = await put({ data: { nested: { n: 1 } } })
      let inside: unknown
      const updated = await store.update(id, (session) => {
        inside = session.data.nested
      })
      if (updated) updated.data.nested = 'altered'
      ;(inside as { n: number }).n = 3
      same((await loaded(store, id)).data, { nested: { n: 1 } }, 'nothing that was handed out is what is stored')
    },
  },
  'sees-a-write-between': {
    title: 'when another client writes while the change runs, the change runs again on what it wrote',
    async run({ store, put, peer }) {
      const other = await peer()
      const { id } = await put({ data: { n: 1 } })
      let runs = 0
      const updated = await store.update(id, async (session) => {
        if (++runs === 1) {
          const theirs = await loaded(other, id)
          await other.save({ ...theirs, data: { ...theirs.data, theirs: true } })
        }
        add(session)
      })
      same(updated?.data, { n: 2, theirs: true }, 'no write between read and write is lost')
      same((await loaded(other, id)).data, { n: 2, theirs: true }, 'both writes are stored')
      holds(runs >= 2, 'the change ran again')
    },
  },
  'delete-between-is-final': {
    title: 'when another client deletes the session while the change runs, update is null and it stays deleted',
    async run({ store, put, peer }) {
      const other = await peer()
      const { id } = await put({ identity: alice, data: { n: 1 } })
      const updated = await store.update(id, async (session) => {
        await other.delete(id)
        add(session)
      })
      same(updated, null, 'update is null when the session went away meanwhile')
      same(await store.load(id), null, 'an update never undoes a logout')
    },
  },
  'expiry-between-is-final': {
    title: 'when the session expires while the change runs, update is null and revives nothing',
    async run({ store, clock, put }) {
      const { id } = await put({ expiresAt: clock.in(minuteMs) })
      const updated = await store.update(id, (session) => {
        clock.advance(minuteMs)
        session.expiresAt = clock.in(hourMs)
      })
      same(updated, null, 'update is null when the session expired meanwhile')
      same(await store.load(id), null, 'an update never revives an expired session')
    },
  },
  'rotation-between-is-final': {
    title: 'when another client rotates the session while the change runs, update is null and the new one untouched',
    requires: ['rotate'],
    async run({ store, put, peer }) {
      const other = await peer()
      const { id } = await put({ data: { n: 1 } })
      let newId = ''
      const updated = await store.update(id, async (session) => {
        newId ||= (await other.rotate(id))?.id ?? ''
        add(session)
      })
      same(updated, null, 'update is null when the session was rotated away meanwhile')
      same(await store.load(id), null, 'the old id stays dead')
      same((await loaded(store, newId)).data, { n: 1 }, 'the rotated session is untouched')
    },
  },
  'touch-between-is-kept': {
    title: 'an update does not take back the time that a touch gave meanwhile',
    requires: ['touch'],
    async run({ store, clock, put, peer }) {
      const other = await peer()
      const { id } = await put({ data: { n: 1 } })
      let runs = 0
      await store.update(id, async (session) => {
        if (++runs === 1) await other.touch(id, { ttl: dayMs })
        add(session)
      })
      const { data, expiresAt } = await loaded(store, id)
      same(
        { data, expiresAt },
        { data: { n: 2 }, expiresAt: clock.in(dayMs) },
        'a touch between read and write is kept',
      )
    },
  },
  'endless-conflict-ends': {
    title: 'with another writer at every try, update ends, with SESS_CONFLICT or on top of the last write',
    async run({ store, put, peer }) {
      const other = await peer()
      const { id } = await put({ data: { theirs: 0 } })
      let runs = 0
      const outcome = await store
        .update(id, async (session) => {
          holds(++runs < 2_000, 'the number of tries is bounded')
          await other.save({ id, expiresAt: session.expiresAt, data: { theirs: runs } })
          session.data.mine = true
        })
        .catch((error: unknown) => error)
      const { data } = await loaded(store, id)
      if (isError(outcome)) {
        same((outcome as { code?: unknown }).code, 'SESS_CONFLICT', 'an endless conflict is SESS_CONFLICT')
        same((outcome as { retryable?: unknown }).retryable, true, 'SESS_CONFLICT is retryable')
        same(data, { theirs: runs }, 'after SESS_CONFLICT nothing of the change is stored')
      } else {
        same(data, { theirs: runs, mine: true }, 'an update that resolves has lost no write')
      }
    },
  },
  'nested-calls-do-not-deadlock': {
    title: 'the change may call the store for the same session',
    async run({ store, put }) {
      const { id } = await put({ data: { n: 1 } })
      let runs = 0
      const updated = await store.update(id, async (session) => {
        same(await store.exists(id), true, 'exists answers inside a change')
        const current = await loaded(store, id, 'load answers inside a change')
        if (++runs === 1) await store.save({ ...current, data: { ...current.data, nested: true } })
        add(session)
      })
      same(updated?.data, { n: 2, nested: true }, 'a nested save is not lost')
      const none = await store.update(id, async () => {
        await store.delete(id)
      })
      same(none, null, 'a nested delete is final')
    },
  },
  'nested-update-does-not-deadlock': {
    title: 'a change may update the same session',
    async run({ store, put }) {
      const { id } = await put({ data: { n: 1 } })
      let runs = 0
      await store.update(id, async (session) => {
        if (++runs === 1) await store.update(id, add)
        add(session)
      })
      same((await loaded(store, id)).data, { n: 3 }, 'both the inner and the outer update count')
    },
  },
  'wrong-change-is-a-type-error': {
    title: 'a change that is no function, or gives no session, is a TypeError, and nothing is written',
    async run({ store, put }) {
      const before = await put({ data: { n: 1 } })
      for (const change of [undefined, null, {}, 'text']) {
        await rejectsWithTypeError(() => store.update(before.id, change as never), 'a change that is no function')
      }
      for (const result of [42, 'text', []]) {
        await rejectsWithTypeError(
          () => store.update(before.id, () => result as never),
          'a change that gives no session',
        )
      }
      await rejectsWithTypeError(
        () =>
          store.update(before.id, (session) => {
            session.identity = { providerId: 1 } as never
          }),
        'a change to an identity of a wrong shape',
      )
      same(await store.load(before.id), before, 'nothing is written')
    },
  },
  'not-serializable-writes-nothing': {
    title: 'a change to what JSON cannot carry is SESS_NOT_SERIALIZABLE, and nothing is written',
    async run({ store, put }) {
      const before = await put({ data: { n: 1 } })
      const change = (session: { data: object }) => {
        session.data = { callback: () => 1 } as never
      }
      const error = await rejectsWith(
        'SESS_NOT_SERIALIZABLE',
        () => store.update(before.id, change),
        'a function in data',
      )
      holds(error.message.includes('data.callback'), 'the error names the path of the value')
      same(await store.load(before.id), before, 'nothing is written')
    },
  },
})
