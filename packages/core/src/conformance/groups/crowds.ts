import type { Session } from '../../contract/session.ts'
import { type CaseContext, caseGroup } from '../conformance-case.ts'
import { fail, holds, rejection, same } from '../expectations.ts'
import { race, value } from '../race.ts'
import { alice, loaded, refOf } from '../samples.ts'

const person = refOf(alice)
/** More than a page of any store here. */
const many = 300

/** Sessions of one person, each signed in a millisecond after the one before it. */
function crowd({ put, clock }: CaseContext, count: number): Promise<Session[]> {
  const one = (n: number) => put({ identity: alice, data: { n }, authenticatedAt: clock.in(n - 10_000) })
  return Promise.all(Array.from({ length: count }, (_, n) => one(n)))
}

async function numbersLeft({ store }: CaseContext): Promise<number[]> {
  const left = await store.listByIdentity(person, { limit: 2 * many })
  return left.map(({ data }) => Number(data.n)).sort((a, b) => a - b)
}

/** Many sessions of one person, and writers that come between. */
export const crowdCases = caseGroup('people', ['identityIndex'], {
  'keep-beside-a-sign-in': {
    title: 'deleteByIdentity with keep beside a sign-in ends neither that session nor the newest of the others',
    requires: ['rotate', 'peer'],
    async run(context) {
      const { store, peer, put, clock } = context
      const other = await peer()
      await race(async (start) => {
        for (let n = 0; n < 4; n++) await put({ identity: alice, data: { n }, authenticatedAt: clock.in(n - 1_000) })
        const visitor = await put({ data: { n: 9 } })
        const [ended, signedIn] = await start(
          () => store.deleteByIdentity(person, { keep: 2 }),
          () => other.rotate(visitor.id, { identity: alice }),
        )
        value(ended, 'keep beside a sign-in')
        const session = value(signedIn, 'a sign-in beside keep') ?? fail('the sign-in finds the session')
        same((await store.load(session.id))?.data, { n: 9 }, 'who signed in last stays')
        const left = await numbersLeft(context)
        holds(left.includes(3) && left.length <= 3, `the newest of the others stays, and two at most: ${left}`)
        await store.deleteByIdentity(person)
      })
    },
  },
  'keep-and-limit-over-pages': {
    title: `keep and limit count right among ${many} sessions of one person`,
    async run(context) {
      const { store } = context
      await crowd(context, many)
      for (const limit of [1, many - 1, many, many + 1]) {
        const list = await store.listByIdentity(person, { limit })
        same(list.length, Math.min(limit, many), `limit ${limit} gives as many as there are, and no more`)
      }
      same(await store.deleteByIdentity(person, { keep: many - 2 }), 2, 'two are too many')
      same(await store.deleteByIdentity(person, { keep: 3 }), many - 5, 'all but three are too many')
      same(await numbersLeft(context), [many - 3, many - 2, many - 1], 'the newest stay')
    },
  },
  'keep-breaks-ties-by-creation': {
    title: 'of sessions that signed in at the same time keep ends those that were created first',
    async run(context) {
      const { store, put, clock } = context
      const authenticatedAt = clock.in(-5)
      for (const n of [2, 4, 1, 3])
        await put({ identity: alice, data: { n }, authenticatedAt, createdAt: clock.in(n - 99) })
      same(await store.deleteByIdentity(person, { keep: 2 }), 2, 'two are too many')
      same(await numbersLeft(context), [3, 4], 'those stay that were created last')
    },
  },
  'updates-those-that-are-rotated-meanwhile': {
    title: 'updateByIdentity reaches every session of the person, rotated by another client meanwhile or not',
    requires: ['update', 'rotate', 'peer'],
    async run(context) {
      const { store, peer } = context
      const other = await peer()
      for (let round = 0; round < 5; round++) {
        const sessions = await crowd(context, 6)
        const [count, ...rotated] = await Promise.all([
          store.updateByIdentity(person, ({ data }) => void Object.assign(data, { role: 'admin' })),
          ...sessions.map(({ id }) => other.rotate(id)),
        ])
        const list = await store.listByIdentity(person)
        same(
          list.map(({ data }) => data.role),
          new Array(6).fill('admin'),
          'every session has the new role',
        )
        holds(count >= 6, 'each is counted')
        for (const session of rotated) await loaded(store, session?.id ?? fail('every session can be rotated'))
        await store.deleteByIdentity(person)
      }
    },
  },
  'updates-over-pages': {
    title: `updateByIdentity writes each of ${many} sessions of one person once`,
    requires: ['update'],
    async run(context) {
      const { store } = context
      await crowd(context, many)
      const count = await store.updateByIdentity(person, async ({ data }) => {
        await null
        data.times = Number(data.times ?? 0) + 1
      })
      same(count, many, 'it resolves with how many were written')
      const list = await store.listByIdentity(person, { limit: many })
      same(new Set(list.map(({ data }) => data.times)), new Set([1]), 'each is written once')
    },
  },
  'an-update-that-fails-fails-alone': {
    title:
      'where a change of updateByIdentity throws or rejects for one session, all others are written and it rejects',
    requires: ['update'],
    async run(context) {
      const { store } = context
      const sessions = await crowd(context, 5)
      const thrown = new Error('no')
      const throws = (): never => {
        throw thrown
      }
      const ways: (() => Promise<never> | never)[] = [throws, async () => throws()]
      for (const [way, failing] of ways.entries()) {
        const change = ({ data }: { data: Record<string, unknown> }) =>
          data.n === 2 ? failing() : void Object.assign(data, { way })
        const error = await rejection(
          () => store.updateByIdentity(person, change),
          'a change that fails for one session',
        )
        same(error, thrown, 'it rejects with what the change threw')
        for (const { id, data } of sessions) {
          const expected = data.n === 2 ? data : { ...data, way }
          same((await loaded(store, id)).data, expected, 'the others are written, and that one is as it was')
        }
      }
    },
  },
})

export const deleteAllRaceCases = caseGroup('delete-all', ['scan'], {
  'beside-rotations': {
    title: 'deleteAll ends everybody who was there at the call, rotated by another client meanwhile or not',
    requires: ['rotate', 'peer'],
    async run({ store, put, peer }) {
      const other = await peer()
      for (let round = 0; round < 5; round++) {
        const sessions = await Promise.all(Array.from({ length: 8 }, (_, n) => put(n % 2 ? { identity: alice } : {})))
        const rotateAll = () => Promise.all(sessions.map(({ id }) => other.rotate(id)))
        const first = round % 2 === 0 ? undefined : rotateAll()
        const deleted = store.deleteAll()
        const [rotated] = await Promise.all([first ?? rotateAll(), deleted])
        for (const { id } of [...sessions, ...rotated.filter((session) => session !== null)]) {
          same(await store.load(id), null, 'nobody escapes by a rotation')
        }
      }
    },
  },
})
