import type { Session } from '../../contract/session.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { type CaseContext, type ConformanceCase, caseGroup, type Requirement } from '../conformance-case.ts'
import { fail, same } from '../expectations.ts'
import { alice, all, byHand, dayMs, handleOf, hourMs, loaded, minuteMs, refOf } from '../samples.ts'

/** One way to ask for a session; resolves with whether it was found live. */
interface Path {
  readonly requires: readonly Requirement[]
  finds(store: SessionStore, session: Session, handle: string): Promise<boolean>
}

const paths: Readonly<Record<string, Path>> = {
  load: { requires: [], finds: async (store, { id }) => (await store.load(id)) !== null },
  exists: { requires: [], finds: (store, { id }) => store.exists(id) },
  delete: { requires: [], finds: (store, { id }) => store.delete(id) },
  'save-versioned': {
    requires: [],
    async finds(store, session) {
      try {
        await store.save({ ...session, expiresAt: new Date(session.expiresAt.getTime() + hourMs) })
        return true
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'SESS_GONE') throw error
        return false
      }
    },
  },
  count: { requires: ['count'], finds: async (store) => (await store.count()) > 0 },
  touch: { requires: ['touch'], finds: async (store, { id }) => (await store.touch(id, { ttl: hourMs })) !== null },
  update: {
    requires: ['update'],
    async finds(store, { id }) {
      let called = false
      const updated = await store.update(id, () => {
        called = true
      })
      same(called, updated !== null, 'the change of update is called for a live session alone')
      return called
    },
  },
  rotate: { requires: ['rotate'], finds: async (store, { id }) => (await store.rotate(id)) !== null },
  'list-by-identity': {
    requires: ['identityIndex'],
    finds: async (store) => (await store.listByIdentity(refOf(alice))).length > 0,
  },
  'delete-by-identity': {
    requires: ['identityIndex'],
    finds: async (store) => (await store.deleteByIdentity(refOf(alice))) > 0,
  },
  'delete-by-handle': {
    requires: ['identityIndex', 'handles'],
    finds: (store, _, handle) => store.deleteByHandle(handle),
  },
  entries: { requires: ['scan'], finds: async (store) => (await all(store)).length > 0 },
}

/** Live one millisecond before expiresAt; absent at it, after it, and after a clean-up. */
async function checkBoundary({ store, clock, put }: CaseContext, path: Path): Promise<void> {
  async function expiring(): Promise<[Session, string]> {
    const session = await put({ identity: alice, data: { n: 1 }, expiresAt: clock.in(minuteMs) })
    return [session, path.requires.includes('handles') ? await handleOf(store, alice) : '']
  }
  const finds = (of: [Session, string]) => path.finds(store, ...of)

  const early = await expiring()
  clock.advance(minuteMs - 1)
  same(await finds(early), true, 'one millisecond before expiresAt the session is live')
  clock.advance(2 * dayMs)

  const late = await expiring()
  clock.advance(minuteMs)
  same(await finds(late), false, 'at expiresAt the session is absent')
  clock.advance(1)
  same(await finds(late), false, 'after expiresAt the session is absent')
  if (store.capabilities.cleanExpired) {
    await store.cleanExpired()
    same(await finds(late), false, 'after a clean-up the session is absent')
  }
  same(await store.load(late[0].id), null, 'asking for an expired session does not revive it')
}

const boundaries = Object.fromEntries(
  Object.entries(paths).map(([name, path]): [string, Omit<ConformanceCase, 'id' | 'group'>] => [
    `on-${name}`,
    {
      title: `from expiresAt on the session is absent, cleaned or not: ${name}`,
      requires: path.requires,
      run: (context) => checkBoundary(context, path),
    },
  ]),
)

export const expiryCases = caseGroup('expiry', [], {
  ...boundaries,
  'milliseconds-count': {
    title: 'instants are kept to the millisecond',
    async run({ store, clock, put }) {
      for (const ms of [minuteMs + 1, minuteMs + 499, minuteMs + 999]) {
        const { id } = await put({ createdAt: clock.in(-7), expiresAt: clock.in(ms), deadline: clock.in(ms + 1) })
        const { createdAt, expiresAt, deadline } = await loaded(store, id)
        const expected = { createdAt: clock.in(-7), expiresAt: clock.in(ms), deadline: clock.in(ms + 1) }
        same({ createdAt, expiresAt, deadline }, expected, 'no instant is rounded to seconds')
      }
    },
  },
  'below-a-second': {
    title: 'a life of less than a second is neither none nor for ever',
    async run({ store, clock, put }) {
      const { id } = await put({ expiresAt: clock.in(999) })
      clock.advance(998)
      same(await store.exists(id), true, 'a life below a second is not floored to zero')
      clock.advance(1)
      same(await store.exists(id), false, 'a life below a second does end')
      same(await store.load(id), null, 'a life below a second is not for ever')
    },
  },
  'far-future': {
    title: 'a session of a month, a year or fifty years lives as long',
    async run({ store, clock, put }) {
      for (const days of [30, 365, 50 * 365]) {
        const { id } = await put({ expiresAt: clock.in(days * dayMs) })
        clock.advance(days * dayMs - 1)
        same((await loaded(store, id)).expiresAt, clock.in(1), `a session of ${days} days lives as long`)
        clock.advance(1)
        same(await store.load(id), null, `a session of ${days} days ends`)
      }
    },
  },
  'deadline-ends-a-touched-session': {
    title: 'however often it is touched, a session ends at its deadline',
    requires: ['touch'],
    async run({ store, clock, put }) {
      const { id, deadline } = await put({ expiresAt: clock.in(10 * minuteMs), deadline: clock.in(hourMs) })
      for (let i = 0; i < 11; i++) {
        clock.advance(5 * minuteMs)
        const touched = (await store.touch(id, { ttl: 10 * minuteMs })) ?? fail('before its deadline a session is live')
        same(touched <= (deadline as Date), true, 'no touch moves expiresAt past the deadline')
      }
      clock.advance(5 * minuteMs)
      same(await store.load(id), null, 'at its deadline the session is gone')
    },
  },
  'by-hand-save-replaces-an-expired-session': {
    title: 'a session built by hand over an expired one has nothing of it',
    async run({ store, clock, put }) {
      const { id } = await put({
        identity: alice,
        data: { old: 1 },
        expiresAt: clock.in(minuteMs),
        deadline: clock.in(minuteMs),
      })
      clock.advance(minuteMs)
      const { version, handle, ...anew } = await store.save({ id, expiresAt: clock.in(hourMs) })
      const expected = { ...byHand(clock), expiresAt: clock.in(hourMs), ttlMs: hourMs }
      same(anew, { id, ...expected }, 'nothing of the expired session is left')
      same(await store.load(id), { ...anew, version, handle }, 'the new session is stored')
      if (store.capabilities.identityIndex) {
        same(await store.listByIdentity(refOf(alice)), [], 'the expired session is in no list')
      }
    },
  },
})
