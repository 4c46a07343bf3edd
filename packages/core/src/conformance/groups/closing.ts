import type { Session } from '../../contract/session.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { type CaseContext, caseGroup, type Requirement } from '../conformance-case.ts'
import { describeError, fail, holds, rejectsWith, same } from '../expectations.ts'
import { startChange } from '../running-change.ts'
import { alice, bob, dayMs, idsInOrder, loaded, minuteMs, refOf } from '../samples.ts'
import { within } from '../time-limit.ts'

type Prepared = (store: SessionStore) => Promise<unknown>

/** Every method on something that is there: what is called just before `close` must still be carried out. */
const lastCalls: readonly (readonly [
  method: string,
  requires: readonly Requirement[],
  prepare: (context: CaseContext, session: Session) => Promise<Prepared> | Prepared,
])[] = [
  ['save', [], (_, session) => (store) => store.save({ ...session, data: { n: 2 } })],
  [
    'load',
    [],
    (_, { id }) =>
      (store) =>
        store.load(id),
  ],
  [
    'exists',
    [],
    (_, { id }) =>
      (store) =>
        store.exists(id),
  ],
  [
    'delete',
    [],
    (_, { id }) =>
      (store) =>
        store.delete(id),
  ],
  ['ping', [], () => (store) => store.ping()],
  ['create', ['create'], () => (store) => store.create({ identity: alice })],
  [
    'touch',
    ['touch'],
    (_, { id }) =>
      (store) =>
        store.touch(id, { ttl: dayMs }),
  ],
  [
    'update',
    ['update'],
    (_, { id }) =>
      (store) =>
        store.update(id, ({ data }) => void Object.assign(data, { n: 3 })),
  ],
  [
    'rotate',
    ['rotate'],
    (_, { id }) =>
      (store) =>
        store.rotate(id),
  ],
  ['count', ['count'], () => (store) => store.count()],
  ['cleanExpired', ['cleanExpired'], () => (store) => store.cleanExpired()],
  ['listByIdentity', ['identityIndex'], () => (store) => store.listByIdentity(refOf(alice))],
  ['deleteByIdentity', ['identityIndex'], () => (store) => store.deleteByIdentity(refOf(bob))],
  [
    'deleteByHandle',
    ['handles', 'identityIndex'],
    async ({ store }, { version }) => {
      const summaries = await store.listByIdentity(refOf(alice))
      const handle = summaries.find((each) => each.version === version)?.handle ?? ''
      return async (closing) => same(await closing.deleteByHandle(handle), true, 'deleteByHandle finds the session')
    },
  ],
  ['putState', ['states'], () => (store) => store.putState()],
  [
    'consumeState',
    ['states'],
    async ({ store }) => {
      const state = await store.putState({ data: { n: 1 } })
      return async (closing) => holds((await closing.consumeState(state)) !== null, 'consumeState finds the state')
    },
  ],
  [
    'updateByIdentity',
    ['identityIndex', 'update'],
    () => async (store) => holds((await store.updateByIdentity(refOf(alice), () => {})) > 0, 'it finds the session'),
  ],
  ['entries', ['scan'], () => (store) => store.entries().next()],
  ['deleteAll', ['scan'], () => async (store) => holds((await store.deleteAll()) > 0, 'deleteAll finds the session')],
]

/** Fails unless `close`, called right after the call, resolves after that one has. */
async function outlives(store: SessionStore, method: string, call: Prepared): Promise<void> {
  let outcome: PromiseSettledResult<unknown> | undefined
  const calling = Promise.allSettled([call(store)]).then(([settled]) => {
    outcome = settled
  })
  await store.close()
  // It may take a few microtasks for the caller to hear of it.
  await new Promise((resolve) => setImmediate(resolve))
  const early = outcome === undefined
  await calling
  if (outcome?.status === 'rejected') {
    fail(`close waits for ${method}, but it rejected with ${describeError(outcome.reason)}`, outcome.reason)
  }
  holds(!early, `close waits for ${method}, but resolved before it`)
}

export const closingCases = caseGroup('lifecycle', [], {
  'close-waits-for-every-method': {
    title: 'close waits for a call of each method that began before it, and each ends as it would have',
    requires: ['peer'],
    async run(context) {
      const { store, put, anotherPeer } = context
      for (const [method, requires, prepare] of lastCalls) {
        if (!requires.every((name) => store.capabilities[name as keyof typeof store.capabilities])) continue
        const call = await prepare(context, await put({ identity: alice, data: { n: 1 } }))
        const closing = await anotherPeer()
        if (closing === store) return
        await outlives(closing, method, call)
      }
    },
  },
  'close-waits-for-a-create-that-draws-again': {
    title: 'close waits for a create whose first id was taken',
    requires: ['peer', 'options', 'create'],
    options: () => ({ generateId: idsInOrder(taken, taken) }),
    async run({ store, anotherPeer }) {
      same((await store.create()).id, taken, 'the id is taken')
      const closing = await anotherPeer()
      if (closing !== store) await outlives(closing, 'create', (each) => each.create())
    },
  },
  'close-ends-beside-a-hanging-change': {
    title: 'close resolves also where a change does not end, after updateTimeoutMs at the latest',
    requires: ['update', 'options', 'peer'],
    options: () => ({ updateTimeoutMs: 400 }),
    async run(context) {
      const { store, put, peer, limitMs } = context
      const other = await peer()
      if (other === store) return
      const session = await put({ data: { n: 1 } })
      const { updating } = await startChange(context, session.id, () => {})
      await within(limitMs / 2, store.close(), 'close beside a hanging change')
      await rejectsWith('SESS_TIMEOUT', () => updating, 'an update whose change does not end')
      same(await loaded(other, session.id), session, 'nothing is written')
    },
  },
  'a-pause-is-no-outage': {
    title: 'a pause of the process longer than timeoutMs fails no call whose answer has arrived',
    requires: ['options'],
    options: () => ({ timeoutMs: 1_000 }),
    async run({ store, put, clock, newId }) {
      const session = await put({ data: { n: 1 }, expiresAt: clock.in(minuteMs) })
      const calls = [
        store.load(session.id),
        store.exists(newId()),
        store.save({ ...session, data: { n: 2 } }),
        store.delete(newId()),
        store.ping(),
      ]
      // They are on their way by now: the answers come while the process stands still.
      await new Promise((resolve) => setImmediate(resolve))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200)
      for (const outcome of await Promise.allSettled(calls)) {
        if (outcome.status === 'fulfilled') continue
        fail(`a pause of the process is no outage, but: ${describeError(outcome.reason)}`, outcome.reason)
      }
      same((await loaded(store, session.id)).data, { n: 2 }, 'what was saved before the pause is stored')
    },
  },
})

const taken = 'taken'.padEnd(43, '0')
