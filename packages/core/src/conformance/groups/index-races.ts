import { caseGroup } from '../conformance-case.ts'
import { fail, same } from '../expectations.ts'
import { race, value, valueOr } from '../race.ts'
import { alice, bob, hourMs, loaded, refOf } from '../samples.ts'
import { raceOf } from '../session-race.ts'

const mine = { identity: alice }
const ref = refOf(alice)

/** The races of the index by identity: signing out everywhere is final, and the index loses nobody. */
export const indexRaceCases = caseGroup('index-races', ['identityIndex'], {
  'many-first-saves': {
    title: 'simultaneous sessions of one person from two clients are all listed',
    async run({ store, clock, newId, peer }) {
      const clients = [store, await peer()]
      const saves = Array.from({ length: 60 }, (_, n) =>
        (clients[n % 2] ?? store).save({ id: newId(), expiresAt: clock.in(hourMs), identity: alice }),
      )
      await Promise.all(saves)
      same((await store.listByIdentity(ref)).length, 60, 'the index loses no session')
      same(await store.deleteByIdentity(ref), 60, 'all are signed out')
    },
  },
  'saves-and-deletes': {
    title: 'while some sessions of a person end and others begin, the list ends up with those that live',
    async run({ store, put, peer }) {
      const other = await peer()
      const old = await Promise.all(Array.from({ length: 30 }, () => put(mine)))
      const [made] = await Promise.all([
        Promise.all(old.map(() => put(mine))),
        Promise.all(old.map(({ id }) => other.delete(id))),
      ])
      const versions = (await store.listByIdentity(ref)).map(({ version }) => version)
      same(versions.sort(), made.map(({ version }) => version).sort(), 'the list holds those that live, and no others')
    },
  },
  'moves-between-people': {
    title: 'while two clients move one session between two people, it ends up in the one list that load agrees with',
    async run({ store, peer, put }) {
      const other = await peer()
      await race(async (start) => {
        const session = await put(mine)
        const [first, second] = await start(
          () => store.save({ ...session, identity: bob }),
          () => other.save({ ...session, identity: alice }),
        )
        value(first, 'a save')
        value(second, 'a save')
        const { identity } = await loaded(store, session.id)
        const lists = [await store.listByIdentity(ref), await store.listByIdentity(refOf(bob))]
        const counts = identity?.externalId === alice.externalId ? [1, 0] : [0, 1]
        same(
          lists.map(({ length }) => length),
          counts,
          'the session is in the list of the person that it has',
        )
        await store.delete(session.id)
        same((await store.listByIdentity(ref)).length, 0, 'a deleted session is in no list')
      })
    },
  },
  'sign-out-and-save': {
    title: 'a save beside signing out everywhere never brings the session back',
    run: raceOf(
      (store, session) => store.save({ ...session, data: { saved: true } }),
      (store) => store.deleteByIdentity(ref),
      async ([saved, ended], session, { store }) => {
        valueOr(saved, 'SESS_GONE', 'a save beside signing out')
        same(value(ended, 'signing out'), 1, 'the session is signed out')
        same(await store.load(session.id), null, 'signing out everywhere is final')
      },
      mine,
    ),
  },
  'sign-out-and-update': {
    title: 'an update beside signing out everywhere never brings the session back',
    requires: ['update'],
    run: raceOf(
      (store, { id }) =>
        store.update(id, async ({ data }) => {
          await Promise.resolve()
          data.updated = true
        }),
      (store) => store.deleteByIdentity(ref),
      async ([updated, ended], session, { store }) => {
        value(updated, 'an update beside signing out')
        same(value(ended, 'signing out'), 1, 'the session is signed out')
        same(await store.load(session.id), null, 'signing out everywhere is final')
      },
      mine,
    ),
  },
  'sign-out-and-touch': {
    title: 'a touch beside signing out everywhere never brings the session back',
    requires: ['touch'],
    run: raceOf(
      (store, { id }) => store.touch(id),
      (store) => store.deleteByIdentity(ref),
      async ([touched, ended], session, { store }) => {
        value(touched, 'a touch beside signing out')
        same(value(ended, 'signing out'), 1, 'the session is signed out')
        same(await store.load(session.id), null, 'signing out everywhere is final')
      },
      mine,
    ),
  },
  'sign-out-and-rotate': {
    title: 'no session escapes signing out everywhere by a rotation at the same moment',
    requires: ['rotate'],
    run: raceOf(
      (store, { id }) => store.rotate(id),
      (store) => store.deleteByIdentity(ref),
      async ([rotated, ended], session, { store }) => {
        const moved = value(rotated, 'a rotation beside signing out')
        same(value(ended, 'signing out'), 1, 'the session is signed out, under its old or its new id')
        same(await store.load(session.id), null, 'the old id is dead')
        if (moved) same(await store.load(moved.id), null, 'a rotated session does not escape signing out everywhere')
        same(await store.listByIdentity(ref), [], 'nothing of the person is left')
      },
      mine,
    ),
  },
  'sign-out-and-sign-in': {
    title: 'a session made beside signing out everywhere is ended and counted, or lives and is listed',
    async run({ store, clock, newId, put, peer }) {
      const other = await peer()
      await race(async (start) => {
        const old = await put(mine)
        const id = newId()
        const [made, ended] = await start(
          () => store.save({ id, expiresAt: clock.in(hourMs), identity: alice }),
          () => other.deleteByIdentity(ref),
        )
        value(made, 'a first save beside signing out')
        const lives = await store.exists(id)
        same(value(ended, 'signing out'), lives ? 1 : 2, 'signing out counts what it ended')
        same(await store.load(old.id), null, 'the old session is ended')
        same((await store.listByIdentity(ref)).length, lives ? 1 : 0, 'the list agrees with load')
        await store.delete(id)
      })
    },
  },
  'sign-out-while-a-change-runs': {
    title: 'when the person is signed out everywhere while a change runs, update is null and the session stays ended',
    requires: ['update'],
    async run({ store, put, peer }) {
      const other = await peer()
      const { id } = await put(mine)
      const updated = await store.update(id, async (session) => {
        await other.deleteByIdentity(ref)
        session.data = { back: true }
      })
      same(updated, null, 'update is null when the session went away meanwhile')
      same(await store.load(id), null, 'signing out everywhere is final')
      same(await store.listByIdentity(ref), [], 'nothing of the person is left')
    },
  },
  'sign-in-while-a-change-runs': {
    title: 'when another client gives the session a person while a change runs, the index ends up with the last word',
    requires: ['update'],
    async run({ store, put, peer }) {
      const other = await peer()
      const { id } = await put()
      let runs = 0
      const updated = await store.update(id, async (session) => {
        if (++runs === 1) await other.save({ ...(await loaded(other, id)), identity: bob, data: { theirs: true } })
        else same(session.identity, bob, 'the second run sees what the other client wrote')
        session.identity = alice
      })
      same(
        [updated?.identity, updated?.data],
        [alice, { theirs: true }],
        'the update has the last word, and loses nothing',
      )
      const lists = [await store.listByIdentity(ref), await store.listByIdentity(refOf(bob))]
      same(
        lists.map(({ length }) => length),
        [1, 0],
        'the index ends up with the last word',
      )
    },
  },
  'two-sign-outs': {
    title: 'two clients that sign a person out at once end each session once',
    async run({ store, put, peer }) {
      const other = await peer()
      await race(async (start) => {
        const sessions = await Promise.all(Array.from({ length: 5 }, () => put(mine)))
        const [one, two] = await start(
          () => store.deleteByIdentity(ref),
          () => other.deleteByIdentity(ref),
        )
        same(value(one, 'signing out') + value(two, 'signing out'), 5, 'each session is counted once')
        for (const { id } of sessions) if (await store.exists(id)) fail('signing out everywhere leaves none')
      })
    },
  },
  'handle-and-delete': {
    title: 'of deleteByHandle and delete one is true',
    requires: ['handles'],
    async run({ store, put, peer }) {
      const other = await peer()
      await race(async (start) => {
        const { id } = await put(mine)
        const [summary] = await store.listByIdentity(ref)
        const [byId, byHandle] = await start(
          () => store.delete(id),
          () => other.deleteByHandle(summary?.handle ?? ''),
        )
        same(
          [value(byId, 'delete'), value(byHandle, 'deleteByHandle')].filter(Boolean).length,
          1,
          'one of the two is true',
        )
        same(await store.load(id), null, 'the session is gone')
      })
    },
  },
})
