import { randomBytes } from 'node:crypto'
import { capabilitiesOfMethod } from '../../contract/capabilities.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { caseGroup } from '../conformance-case.ts'
import { holds, rejectsWith, same } from '../expectations.ts'
import { alice, hourMs, loaded, refOf } from '../samples.ts'

const id = randomBytes(32).toString('base64url')

/** Every method, called with arguments that are in order. */
export const everyCall: readonly (readonly [method: string, call: (store: SessionStore) => unknown])[] = [
  ['save', (store) => store.save({ id, expiresAt: new Date(Date.now() + hourMs) })],
  ['load', (store) => store.load(id)],
  ['delete', (store) => store.delete(id)],
  ['exists', (store) => store.exists(id)],
  ['ping', (store) => store.ping()],
  ['create', (store) => store.create()],
  ['update', (store) => store.update(id, () => {})],
  ['touch', (store) => store.touch(id)],
  ['rotate', (store) => store.rotate(id)],
  ['count', (store) => store.count()],
  ['cleanExpired', (store) => store.cleanExpired()],
  ['listByIdentity', (store) => store.listByIdentity(refOf(alice))],
  ['deleteByIdentity', (store) => store.deleteByIdentity(refOf(alice))],
  ['deleteByHandle', (store) => store.deleteByHandle(id)],
  ['putState', (store) => store.putState()],
  ['consumeState', (store) => store.consumeState(id)],
  ['updateByIdentity', (store) => store.updateByIdentity(refOf(alice), () => {})],
  ['deleteAll', (store) => store.deleteAll()],
  ['entries', (store) => store.entries().next()],
]

/** Whether a store has every capability that a method needs. */
export function hasAll(store: SessionStore, method: string): boolean {
  return (capabilitiesOfMethod[method] ?? []).every((name) => store.capabilities[name])
}

export function callsOf(store: SessionStore): { method: string; call: () => unknown }[] {
  return everyCall
    .filter(([method]) => hasAll(store, method))
    .map(([method, call]) => ({ method, call: () => call(store) }))
}

async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  const mark = () => {
    done = true
  }
  promise.then(mark, mark)
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  return done
}

export const lifecycleCases = caseGroup('lifecycle', [], {
  ping: {
    title: 'ping resolves while the backend answers',
    async run({ store }) {
      same(await store.ping(), undefined, 'ping resolves')
    },
  },
  'close-is-idempotent': {
    title: 'close resolves each time, also twice at once',
    async run({ store }) {
      await Promise.all([store.close(), store.close()])
      await store.close()
      await store[Symbol.asyncDispose]()
    },
  },
  'closed-rejects-everything': {
    title: 'after close every method rejects with SESS_CLOSED',
    async run({ store, put }) {
      await put()
      await store.close()
      for (const { method, call } of callsOf(store)) await rejectsWith('SESS_CLOSED', call, `${method} after close`)
      await store.close()
    },
  },
  'closing-rejects-everything': {
    title: 'from the call of close on, every method rejects with SESS_CLOSED',
    async run({ store, put }) {
      await put()
      const closing = store.close()
      for (const { method, call } of callsOf(store)) await rejectsWith('SESS_CLOSED', call, `${method} during close`)
      await closing
    },
  },
  'close-before-use': {
    title: 'a store that was never used closes, and stays closed',
    async run({ store }) {
      await store.close()
      await rejectsWith('SESS_CLOSED', () => store.load(id), 'load after close')
    },
  },
  'await-using-closes': {
    title: 'await using closes the store',
    async run({ open }) {
      let left: SessionStore
      {
        await using store = await open()
        await store.ping()
        left = store
      }
      await rejectsWith('SESS_CLOSED', () => left.load(id), 'load after the block of await using')
    },
  },
  'close-waits-for-writes': {
    title: 'what was under way when close was called is written before close resolves',
    async run({ store, clock, newId }) {
      let done = 0
      const saves = Array.from({ length: 50 }, () =>
        store.save({ id: newId(), expiresAt: clock.in(hourMs) }).then(() => {
          done++
        }),
      )
      const results = Promise.allSettled(saves)
      await store.close()
      same(done, 50, 'close waits for what is under way')
      await results
    },
  },
  'close-waits-for-a-change': {
    title: 'an update whose change is running when close is called is still written',
    requires: ['update', 'peer'],
    async run({ store, put, peer }) {
      const other = await peer()
      if (other === store) return
      const session = await put({ data: { n: 1 } })
      let release = () => {}
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      let entered = () => {}
      const inside = new Promise<void>((resolve) => {
        entered = resolve
      })
      const updating = store.update(session.id, async ({ data }) => {
        entered()
        await gate
        data.n = 2
      })
      await inside
      const closing = store.close()
      const early = await settled(closing)
      release()
      const [updated] = await Promise.allSettled([updating])
      await closing
      holds(!early, 'close waits for what is under way')
      same(updated.status, 'fulfilled', 'an update that was under way ends as it would have')
      same((await loaded(other, session.id)).data, { n: 2 }, 'the update is written')
    },
  },
  'close-does-not-wait-for-a-reader': {
    title: 'a loop over entries that nobody goes on with holds up no close',
    requires: ['scan'],
    async run({ store, put }) {
      await Promise.all(Array.from({ length: 300 }, () => put()))
      const entries = store.entries()
      await entries.next()
      await store.close()
      let rest = 0
      const drain = async () => {
        while (!(await entries.next()).done) rest++
      }
      const error = await drain().catch((caught: unknown) => caught)
      holds(rest <= 300, 'a loop that goes on after close ends')
      if (error) same((error as { code?: unknown }).code, 'SESS_CLOSED', 'a loop that goes on after close')
    },
  },
  'close-leaves-other-clients': {
    title: 'closing one client leaves another of the same storage working',
    requires: ['peer'],
    async run({ store, put, peer }) {
      const other = await peer()
      if (other === store) return
      const session = await put({ data: { n: 1 } })
      await store.close()
      same(await other.load(session.id), session, 'what was stored is still there')
      const saved = await other.save({ ...session, data: { n: 2 } })
      same(await other.load(session.id), saved, 'another client still writes')
    },
  },
})
