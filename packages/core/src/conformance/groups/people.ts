import type { Session } from '../../contract/session.ts'
import { caseGroup } from '../conformance-case.ts'
import { rejection, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, bob, loaded, minuteMs, refOf } from '../samples.ts'

const person = refOf(alice)

export const peopleCases = caseGroup('people', ['identityIndex'], {
  'a-list-has-a-limit': {
    title: 'listByIdentity gives at most as many as asked for, oldest first',
    async run({ store, put }) {
      for (let n = 0; n < 5; n++) await put({ identity: alice, data: { n } })
      same((await store.listByIdentity(person, { limit: 3 })).length, 3, 'a list is no longer than its limit')
      same((await store.listByIdentity(person, { limit: 9 })).length, 5, 'and gives all where there are fewer')
      for (const limit of [0, -1, 1.5, '3', null]) {
        await rejectsWithTypeError(() => store.listByIdentity(person, { limit: limit as never }), `limit ${limit}`)
      }
    },
  },
  'keeps-the-newest': {
    title: 'deleteByIdentity with keep ends all but the newest by sign-in, then by creation',
    async run({ store, clock, put }) {
      const at = (n: number, signedIn: number | null) =>
        put({
          identity: alice,
          data: { n },
          createdAt: clock.in(n),
          authenticatedAt: signedIn === null ? null : clock.in(signedIn),
        })
      for (const [n, signedIn] of [
        [1, -500],
        [2, null],
        [3, -100],
        [4, -900],
        [5, null],
      ] as const)
        await at(n - 10_000, signedIn)
      await put({ identity: bob, data: { n: 0 } })
      same(await store.deleteByIdentity(person, { keep: 4 }), 1, 'one is too many')
      same(await store.deleteByIdentity(person, { keep: 2 }), 2, 'two are too many')
      const left = (await store.listByIdentity(person)).map(({ data }) => Number(data.n) + 10_000)
      same(left, [1, 3], 'those stay who signed in last')
      same(await store.deleteByIdentity(person, { keep: 2 }), 0, 'nobody is too many')
      same((await store.listByIdentity(refOf(bob))).length, 1, 'nobody else is concerned')
    },
  },
  'keeps-the-excepted-one': {
    title: 'except is one of those that stay, however old it is',
    async run({ store, clock, put }) {
      const sessions: Session[] = []
      for (let n = 0; n < 4; n++)
        sessions.push(await put({ identity: alice, data: { n }, createdAt: clock.in(n - 100) }))
      same(await store.deleteByIdentity(person, { keep: 2, except: sessions[0]?.id ?? '' }), 2, 'two are ended')
      const left = (await store.listByIdentity(person)).map(({ data }) => data.n)
      same(left, [0, 3], 'the excepted one and the newest stay')
      same(
        await store.deleteByIdentity(person, { keep: 0, except: sessions[0]?.id ?? '' }),
        1,
        'keep: 0 keeps no other',
      )
      for (const keep of [-1, 1.5, '1', null]) {
        await rejectsWithTypeError(() => store.deleteByIdentity(person, { keep: keep as never }), `keep ${keep}`)
      }
    },
  },
  'keep-is-complete-beside-rotations': {
    title: 'no session is saved by a rotation that comes between, and none that stays is ended by one',
    requires: ['rotate', 'peer'],
    async run({ store, clock, put, peer }) {
      const other = await peer()
      for (let round = 0; round < 5; round++) {
        const ids: string[] = []
        for (let n = 0; n < 6; n++) {
          ids.push((await put({ identity: alice, data: { n }, authenticatedAt: clock.in(n - 1_000) })).id)
        }
        await Promise.all([store.deleteByIdentity(person, { keep: 2 }), ...ids.map((id) => other.rotate(id))])
        const left = (await store.listByIdentity(person)).map(({ data }) => Number(data.n))
        same(left.sort(), [4, 5], 'the two newest stay, and they alone')
        await store.deleteByIdentity(person)
      }
    },
  },
  'updates-all': {
    title: 'updateByIdentity changes every session of the person, knows no id, and signs nobody in',
    requires: ['update'],
    async run({ store, clock, put }) {
      const mine: Session[] = []
      for (let n = 0; n < 5; n++) mine.push(await put({ identity: alice, data: { n }, authenticatedAt: clock.in(-9) }))
      const other = await put({ identity: bob, data: { n: 0 } })
      const seen: unknown[] = []
      const count = await store.updateByIdentity(person, async (summary) => {
        seen.push('id' in summary)
        await null
        if (Number(summary.data.n) % 2 === 0) return { ...summary, data: { ...summary.data, role: 'admin' } }
        summary.data.role = 'admin'
        return undefined
      })
      same(count, 5, 'it resolves with how many were written')
      same(
        seen.some((hasId) => hasId),
        false,
        'a summary has no id',
      )
      for (const { id, data } of mine) {
        const after = await loaded(store, id)
        same(after.data, { ...data, role: 'admin' }, 'each is changed')
        same(after.authenticatedAt, clock.in(-9), 'each is signed in since then')
      }
      same(await store.load(other.id), other, 'nobody else is concerned')
    },
  },
  'an-update-that-throws-rejects': {
    title: 'updateByIdentity rejects with what the change throws, and that session is as it was',
    requires: ['update'],
    async run({ store, put }) {
      const session = await put({ identity: alice, data: { n: 1 } })
      const thrown = new Error('no')
      const failing = () => {
        throw thrown
      }
      same(
        await rejection(() => store.updateByIdentity(person, failing), 'a change that throws'),
        thrown,
        'it is thrown',
      )
      same(await store.load(session.id), session, 'nothing is written')
      await rejectsWithTypeError(() => store.updateByIdentity(person, 'text' as never), 'a change that is none')
    },
  },
  'a-handle-of-that-person': {
    title: 'deleteByHandle with an identity ends the session only where it is that person’s',
    requires: ['handles'],
    async run({ store, put }) {
      const mine = await put({ identity: alice })
      const anonymous = await put()
      same(await store.deleteByHandle(mine.handle, { identity: refOf(bob) }), false, 'it is not his')
      same(await store.deleteByHandle(anonymous.handle, { identity: person }), false, 'an anonymous one is nobody’s')
      same(await store.load(mine.id), mine, 'it lives')
      same(await store.deleteByHandle(mine.handle, { identity: person }), true, 'it is hers')
      same(await store.load(mine.id), null, 'it is gone')
    },
  },
  'expired-ones-are-not-kept': {
    title: 'an expired session takes no place among those that are kept',
    async run({ store, clock, put }) {
      await put({ identity: alice, data: { n: 1 } })
      await put({ identity: alice, data: { n: 2 }, authenticatedAt: clock.in(0), expiresAt: clock.in(minuteMs) })
      clock.advance(minuteMs)
      same(await store.deleteByIdentity(person, { keep: 1 }), 0, 'one is left')
      same((await store.listByIdentity(person)).length, 1, 'the live one')
    },
  },
})

export const deleteAllCases = caseGroup('delete-all', ['scan'], {
  'ends-everybody': {
    title: 'deleteAll ends every live session, anonymous or not, and counts them',
    async run({ store, clock, put, peer }) {
      const ids = [(await put({ expiresAt: clock.in(1) })).id]
      clock.advance(1)
      for (let n = 0; n < 300; n++) ids.push((await put(n % 2 ? { identity: alice } : {})).id)
      same(await (await peer()).deleteAll(), 300, 'it resolves with how many live ones ended')
      for (const id of ids) same(await store.exists(id), false, 'everybody is signed out')
      if (store.capabilities.identityIndex) same(await store.listByIdentity(person), [], 'no list has any')
      same(await store.deleteAll(), 0, 'nobody is left')
    },
  },
  'unreadable-ones-too': {
    title: 'deleteAll ends what cannot be read as well',
    requires: ['damage'],
    async run({ store, put, damage }) {
      const { id } = await put({ identity: alice })
      await put()
      await damage(id)
      await store.deleteAll()
      same(await store.exists(id), false, 'what is damaged is ended')
    },
  },
})
