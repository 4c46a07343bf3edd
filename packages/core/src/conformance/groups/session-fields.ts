import { caseGroup } from '../conformance-case.ts'
import { fail, holds, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, bob, dayMs, hourMs, loaded, minuteMs, only, refOf } from '../samples.ts'

export const sessionFieldCases = caseGroup('session-fields', [], {
  'handle-is-that-of-the-list': {
    title: 'a session carries the handle by which lists name it, and that is no use as an id',
    requires: ['identityIndex'],
    async run({ store, put }) {
      const { id, handle } = await put({ identity: alice })
      same(only(await store.listByIdentity(refOf(alice)), 'sessions of the person').handle, handle, 'it is the same')
      same((await loaded(store, id)).handle, handle, 'a load gives the same handle')
      same(await store.load(handle), null, 'a handle opens no session')
    },
  },
  'seen-at-every-write': {
    title: 'lastSeenAt is when the session was last created, saved, updated or rotated',
    async run({ store, clock, put }) {
      let session = await put()
      same(session.lastSeenAt, clock.in(0), 'a save by hand is seen')
      clock.advance(1_000)
      session = await store.save(session)
      same(session.lastSeenAt, clock.in(0), 'a save is seen')
      clock.advance(1_000)
      if (store.capabilities.update) {
        same((await store.update(session.id, () => {}))?.lastSeenAt, clock.in(0), 'an update is seen')
      }
      if (store.capabilities.rotate) {
        clock.advance(1_000)
        same((await store.rotate(session.id))?.lastSeenAt, clock.in(0), 'a rotation is seen')
      }
    },
  },
  'signed-in-when-created': {
    title: 'create with an identity is a sign-in, without one it is none',
    requires: ['create'],
    async run({ store, clock }) {
      same((await store.create({ identity: alice })).authenticatedAt, clock.in(0), 'authenticatedAt is now')
      same((await store.create()).authenticatedAt, null, 'an anonymous session has not signed in')
    },
  },
  'an-update-signs-nobody-in': {
    title: 'an update that changes who the person is takes authenticatedAt away; a new e-mail address does not',
    requires: ['update'],
    async run({ store, clock, put }) {
      const signedIn = { identity: alice, authenticatedAt: clock.in(-minuteMs) }
      const { id } = await put(signedIn)
      const renamed = await store.update(id, (session) => ({ ...session, identity: { ...alice, email: 'new@a.org' } }))
      same(renamed?.authenticatedAt, signedIn.authenticatedAt, 'the same person is still signed in since then')
      const other = await store.update(id, (session) => ({ ...session, identity: bob, authenticatedAt: clock.in(0) }))
      same(other?.authenticatedAt, null, 'another person has not signed in')
    },
  },
  'max-lifetime-is-the-limit': {
    title: 'maxLifetime is the limit that create gives where none is given, and the store tells it in ms',
    requires: ['create', 'options'],
    options: () => ({ maxLifetime: '48h' }),
    async run({ store, clock }) {
      same(store.maxLifetime, 2 * dayMs, 'the store tells maxLifetime in ms')
      same((await store.create()).deadline, clock.in(2 * dayMs), 'create takes it')
      same((await store.create({ deadline: null })).deadline, null, 'null means no limit')
      const own = await store.create({ deadline: clock.in(90 * dayMs) })
      same(own.deadline, clock.in(90 * dayMs), 'a limit of the caller may be later: it is a default, and no cap')
      if (!store.capabilities.rotate) return
      const { id } = await store.create()
      clock.advance(hourMs)
      same((await store.rotate(id, { identity: alice }))?.deadline, clock.in(2 * dayMs), 'a sign-in starts it anew')
    },
  },
  'max-lifetime-may-be-none': {
    title: 'maxLifetime: null gives no limit',
    requires: ['create', 'options'],
    options: () => ({ maxLifetime: null }),
    async run({ store }) {
      same(store.maxLifetime, null, 'the store tells that there is none')
      same((await store.create()).deadline, null, 'create gives no limit')
    },
  },
  'idle-time-is-its-own': {
    title: 'ttl of create is the idle time of that session',
    requires: ['create', 'touch'],
    async run({ store, clock }) {
      const { id, ttlMs } = await store.create({ ttl: '6h' })
      same(ttlMs, 6 * hourMs, 'ttlMs is the ttl of create')
      clock.advance(hourMs)
      same(await store.touch(id), clock.in(6 * hourMs), 'a touch renews it')
    },
  },
  'a-century-is-the-limit': {
    title: 'a ttl or an expiry over 100 years, and a limit that has passed, are a TypeError',
    async run({ store, clock, put }) {
      const session = await put()
      const far = clock.in(100 * 365 * dayMs + 1)
      await rejectsWithTypeError(() => store.save({ ...session, expiresAt: far }), 'an expiry in more than 100 years')
      if (store.capabilities.touch) {
        await rejectsWithTypeError(() => store.touch(session.id, { ttl: '36501d' }), 'a ttl of more than 100 years')
      }
      if (store.capabilities.create) {
        await rejectsWithTypeError(() => store.create({ deadline: clock.in(0) }), 'a deadline that has passed')
      }
      same(await store.load(session.id), session, 'nothing is written')
      holds(session.handle !== session.id, 'a handle is not the id')
      if (session.version === '') fail('a version is never empty')
    },
  },
})
