import type { Identity } from '../../contract/session.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { type CaseContext, caseGroup } from '../conformance-case.ts'
import { holds, rejectsWith, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, bob, hourMs, loaded, minuteMs, only, refOf, withoutSecret } from '../samples.ts'

const wrongRefs: readonly unknown[] = [
  undefined,
  null,
  'github',
  {},
  { providerId: 'a' },
  { providerId: 1, externalId: 'b' },
]

async function listed(store: SessionStore, identity: Identity): Promise<number> {
  return (await store.listByIdentity(refOf(identity))).length
}

/** Moves a session from alice to bob, to nobody and back to alice, and looks at both lists after each step. */
async function follows({ store, put }: CaseContext, move: (id: string, to: Identity | null) => Promise<unknown>) {
  const { id } = await put({ identity: alice })
  const steps: [Identity | null, number, number][] = [
    [bob, 0, 1],
    [null, 0, 0],
    [alice, 1, 0],
  ]
  for (const [to, alices, bobs] of steps) {
    await move(id, to)
    same(await listed(store, alice), alices, 'the index follows: the first person')
    same(await listed(store, bob), bobs, 'the index follows: the second person')
    same(await store.deleteByIdentity(refOf(to === bob ? alice : bob)), 0, 'the person left behind has none to end')
    same((await loaded(store, id)).identity, to, 'the session is still there')
  }
}

export const identityIndexCases = caseGroup('identity-index', ['identityIndex'], {
  'lists-one-person': {
    title: 'the sessions of one person, and of nobody else',
    async run({ store, put, peer }) {
      const mine = [await put({ identity: alice, data: { n: 1 } }), await put({ identity: alice })]
      await put({ identity: bob })
      await put()
      const list = await store.listByIdentity(refOf(alice))
      const byVersion = (a: { version: string }, b: { version: string }) => (a.version < b.version ? -1 : 1)
      const found = [...list].sort(byVersion)
      same(found, mine.map(withoutSecret).sort(byVersion), 'a summary is the session without its id')
      same(await (await peer()).listByIdentity(refOf(alice)), list, 'every client lists the same')
      same(await store.listByIdentity({ providerId: 'github', externalId: 'nobody' }), [], 'a stranger has none')
    },
  },
  'tells-no-id': {
    title: 'no summary carries the id',
    async run({ store, put }) {
      const { id } = await put({ identity: alice })
      const summary = only(await store.listByIdentity(refOf(alice)), 'sessions of the person')
      holds(!('id' in summary), 'a summary has no id')
      holds(!JSON.stringify(summary).includes(id), 'no field of a summary carries the id')
      holds(typeof summary.handle === 'string' && summary.handle !== '', 'a summary has a handle')
    },
  },
  'lists-oldest-first': {
    title: 'the oldest session comes first',
    async run({ store, clock, put }) {
      for (const ms of [-3, -1, -5, -2, -4]) await put({ identity: alice, createdAt: clock.in(ms * minuteMs) })
      const ages = (await store.listByIdentity(refOf(alice))).map(({ createdAt }) => createdAt)
      same(
        ages,
        [-5, -4, -3, -2, -1].map((ms) => clock.in(ms * minuteMs)),
        'the list is sorted by createdAt',
      )
    },
  },
  'tells-people-apart': {
    title: 'provider and external id are compared exactly, and as two values',
    async run({ store, put }) {
      const pairs = [
        ['a', 'b:c'],
        ['a:b', 'c'],
        ['a', 'b'],
        ['A', 'b'],
        ['a', 'B'],
        ['a', 'b '],
        [' a', 'b'],
        ['a', 'b\0'],
        ['ab', ''.padEnd(3, 'c')],
        ['a', 'bccc'],
        ['a', 'é'],
        ['a', 'e\u0301'],
        ['a', 'e'],
        ['a', '%'],
        ['a', '*'],
        ['a', '_'],
        ['a/b', 'c'],
        ['a', 'b/c'],
        ['a,b', 'c'],
        ['a', 'b,c'],
        ['a"', 'b'],
        ['a', '"b'],
        ['a', '1'],
        ['a', '01'],
        ['a', '|b'],
        ['a|', 'b'],
        ['a|b', 'c'],
        ['a', 'b|c'],
        ['{a}', '}{'],
        ['a', '\\'],
        ['a', "'"],
        ['a', 'x'.repeat(62)],
        ['a', 'x'.repeat(63)],
      ] as const
      for (const [providerId, externalId] of pairs) await put({ identity: { providerId, externalId, attributes: {} } })
      for (const [providerId, externalId] of pairs) {
        const list = await store.listByIdentity({ providerId, externalId })
        const { identity } = only(list, `sessions of ${JSON.stringify([providerId, externalId])}`)
        same(identity, { providerId, externalId, attributes: {} }, 'the list is of this very person')
      }
      same(await store.deleteByIdentity({ providerId: 'a', externalId: 'b' }), 1, 'one person is signed out')
      same((await store.listByIdentity({ providerId: 'A', externalId: 'b' })).length, 1, 'another one is not')
    },
  },
  'follows-a-versioned-save': {
    title: 'the index follows when a save changes the identity',
    run: (context) =>
      follows(context, async (id, identity) => context.store.save({ ...(await loaded(context.store, id)), identity })),
  },
  'follows-a-save-by-hand': {
    title: 'the index follows when a session built by hand replaces one of another person',
    run: (context) =>
      follows(context, (id, identity) => context.store.save({ id, identity, expiresAt: context.clock.in(hourMs) })),
  },
  'follows-an-update': {
    title: 'the index follows when an update changes the identity',
    requires: ['update'],
    run: (context) =>
      follows(context, (id, identity) =>
        context.store.update(id, (session) => {
          session.identity = identity
        }),
      ),
  },
  'shows-what-is-stored-now': {
    title: 'a list shows the data and attributes of the last save',
    async run({ store, clock, put }) {
      const session = await put({ identity: alice, data: { n: 1 } })
      await store.save({
        ...session,
        data: { n: 2 },
        identity: { ...alice, username: 'new' },
        expiresAt: clock.in(minuteMs),
      })
      const { data, identity, expiresAt } = only(await store.listByIdentity(refOf(alice)), 'sessions of the person')
      const expected = { data: { n: 2 }, identity: { ...alice, username: 'new' }, expiresAt: clock.in(minuteMs) }
      same({ data, identity, expiresAt }, expected, 'a list shows what is stored now')
    },
  },
  'delete-ends-all': {
    title: 'deleteByIdentity ends every session of the person on every client, and says how many were live',
    async run({ store, clock, put, peer }) {
      const mine = [await put({ identity: alice }), await put({ identity: alice })]
      await put({ identity: alice, expiresAt: clock.in(minuteMs) })
      const others = [await put({ identity: bob }), await put()]
      clock.advance(minuteMs)
      same(await store.deleteByIdentity(refOf(alice)), 2, 'deleteByIdentity counts the live sessions')
      for (const session of mine) {
        same(await store.load(session.id), null, 'a session of the person is gone')
        same(await (await peer()).exists(session.id), false, 'it is gone for every client')
        await rejectsWith('SESS_GONE', () => store.save(session), 'a save after signing out everywhere')
      }
      for (const session of others) same(await store.load(session.id), session, 'the sessions of others stay')
      same(await listed(store, alice), 0, 'nothing is listed any more')
      same(await store.deleteByIdentity(refOf(alice)), 0, 'a second time there is nothing to end')
    },
  },
  'delete-spares-except': {
    title: 'with except, every other session of the person ends',
    async run({ store, put }) {
      const [kept, ended] = [await put({ identity: alice }), await put({ identity: alice })]
      await put({ identity: alice })
      same(await store.deleteByIdentity(refOf(alice), { except: kept.id }), 2, 'the excepted one is not counted')
      same(await store.load(kept.id), kept, 'the excepted session stays')
      same(await store.load(ended.id), null, 'the others end')
      same(await listed(store, alice), 1, 'the excepted session is still listed')
    },
  },
  'except-that-is-not-theirs-spares-nothing': {
    title: 'an except that is unknown, or of another person, spares none',
    async run({ store, put, newId }) {
      const bobs = await put({ identity: bob })
      for (const except of [newId(), bobs.id]) {
        const { id } = await put({ identity: alice })
        same(await store.deleteByIdentity(refOf(alice), { except }), 1, 'an except of somebody else spares none')
        same(await store.load(id), null, 'the session ends')
      }
      same(await store.load(bobs.id), bobs, 'the other person is not signed out')
    },
  },
  'new-sessions-after-delete': {
    title: 'a person who was signed out everywhere can sign in again',
    async run({ store, put }) {
      await put({ identity: alice })
      await store.deleteByIdentity(refOf(alice))
      const anew = await put({ identity: alice })
      same(await store.load(anew.id), anew, 'a later session lives')
      same(await listed(store, alice), 1, 'and is listed')
    },
  },
  'many-sessions': {
    title: 'hundreds of sessions of one person are all listed, and all ended',
    async run({ store, put }) {
      const sessions = await Promise.all(Array.from({ length: 300 }, () => put({ identity: alice })))
      same(await listed(store, alice), 300, 'all are listed')
      const [kept] = sessions
      same(await store.deleteByIdentity(refOf(alice), { except: kept?.id ?? '' }), 299, 'all but one are ended')
      same(await listed(store, alice), 1, 'one is left')
    },
  },
  'wrong-arguments-are-type-errors': {
    title: 'what is no identity, or an except that is no string, is a TypeError',
    async run({ store, put }) {
      const session = await put({ identity: alice })
      for (const ref of wrongRefs) {
        await rejectsWithTypeError(() => store.listByIdentity(ref as never), 'listByIdentity of what is no identity')
        await rejectsWithTypeError(
          () => store.deleteByIdentity(ref as never),
          'deleteByIdentity of what is no identity',
        )
      }
      const call = () => store.deleteByIdentity(refOf(alice), { except: 1 as never })
      await rejectsWithTypeError(call, 'an except that is no string')
      same(await store.load(session.id), session, 'nothing is deleted')
    },
  },
})
