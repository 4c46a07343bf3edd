import { types } from 'node:util'
import { caseGroup } from '../conformance-case.ts'
import { holds, same } from '../expectations.ts'
import { alice, loaded } from '../samples.ts'

export const loadCases = caseGroup('load', [], {
  'unknown-is-null': {
    title: 'an unknown id is null',
    async run({ store, newId, put }) {
      await put()
      same(await store.load(newId()), null, 'an unknown id is null')
    },
  },
  'has-every-field': {
    title: 'a loaded session has the fields of the contract, with dates as Date',
    async run({ store, clock, put }) {
      const { id } = await put({ identity: alice, data: { n: 1 }, deadline: clock.in(86_400_000) })
      const session = await loaded(store, id)
      const names = [
        'authenticatedAt',
        'createdAt',
        'data',
        'deadline',
        'expiresAt',
        'handle',
        'id',
        'identity',
        'lastSeenAt',
        'ttlMs',
        'version',
      ]
      same(Object.keys(session).sort(), names, 'a session has these fields and no others')
      same(session.id, id, 'a session carries its id')
      for (const date of [session.createdAt, session.lastSeenAt, session.expiresAt, session.deadline]) {
        holds(types.isDate(date), 'instants are Date objects')
      }
    },
  },
  'gives-a-fresh-object': {
    title: 'what one caller does to a loaded session, no other sees',
    async run({ store, put }) {
      const before = await put({ identity: alice, data: { nested: { n: 1 } } })
      const mine = await loaded(store, before.id)
      ;(mine.data.nested as Record<string, unknown>).n = 2
      mine.identity = null
      mine.expiresAt.setTime(0)
      mine.createdAt.setTime(0)
      const expected = { ...before, data: { nested: { n: 1 } }, identity: alice }
      same(await store.load(before.id), expected, 'a loaded session is nobody else’s')
      const [one, two] = await Promise.all([loaded(store, before.id), loaded(store, before.id)])
      one.data.nested = 'altered'
      same(two.data, { nested: { n: 1 } }, 'two loads at the same moment share nothing')
    },
  },
  'changes-nothing': {
    title: 'loading neither extends a session nor gives it a new version',
    async run({ store, clock, put }) {
      const before = await put({ data: { n: 1 } })
      clock.advance(1_000)
      await store.load(before.id)
      same(await store.load(before.id), before, 'a load writes nothing')
    },
  },
  'sees-other-clients': {
    title: 'what one client wrote, another loads at once',
    requires: ['peer'],
    async run({ store, put, peer }) {
      const other = await peer()
      const session = await put({ identity: alice, data: { n: 1 } })
      same(await other.load(session.id), session, 'another client loads the same session')
      session.data = { n: 2 }
      const saved = await other.save(session)
      same(await store.load(session.id), saved, 'no client keeps a stale copy')
      await other.delete(session.id)
      same(await store.load(session.id), null, 'what another client deleted is gone at once')
    },
  },
  'again-gives-the-same': {
    title:
      'a second load gives what the first did, also at the same moment, and after each kind of write what it wrote',
    async run({ store, clock, put }) {
      const session = await put({ identity: alice, data: { n: 1 } })
      const { id } = session
      const twice = async (expected: unknown, when: string) => {
        for (let n = 1; n <= 3; n++) same(await store.load(id), expected, `load number ${n} ${when}`)
        same(
          await Promise.all([store.load(id), store.load(id), store.exists(id), store.load(id)]),
          [expected, expected, expected !== null, expected],
          `loads at the same moment ${when}`,
        )
      }
      await twice(session, 'after the first save')
      const [mine, theirs] = await Promise.all([loaded(store, id), loaded(store, id)])
      mine.data.n = 'altered'
      mine.expiresAt.setTime(0)
      same(theirs, session, 'two loads at the same moment share nothing')
      await twice(session, 'after one of them was altered')
      await twice(await store.save({ ...session, data: { n: 2 } }), 'after a save')
      if (store.capabilities.touch) {
        const before = await loaded(store, id)
        const expiresAt = await store.touch(id, { ttl: 1_000 })
        await twice({ ...before, expiresAt }, 'after a touch')
      }
      if (store.capabilities.update) {
        await twice(await store.update(id, ({ data }) => void Object.assign(data, { n: 3 })), 'after an update')
      }
      clock.advance(86_400_000)
      await twice(null, 'after it expired')
    },
  },
  'again-misses-nothing': {
    title: 'an id that was not there is found as soon as a session has it, and lost as soon as that is deleted',
    async run({ store, newId, put }) {
      const id = newId()
      for (let round = 0; round < 3; round++) {
        same([await store.load(id), await store.load(id), await store.exists(id)], [null, null, false], 'an unknown id')
        const session = await put({ id, data: { round } })
        same([await store.load(id), await store.load(id)], [session, session], 'a session that was made meanwhile')
        same(await store.exists(id), true, 'it exists')
        same([await store.delete(id), await store.delete(id)], [true, false], 'the first of two deletes removes it')
      }
    },
  },
})
