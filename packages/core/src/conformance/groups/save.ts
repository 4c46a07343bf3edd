import type { Session } from '../../contract/session.ts'
import { caseGroup } from '../conformance-case.ts'
import { differs, holds, rejectsWith, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, bob, byHand, dayMs, hourMs, loaded, minuteMs } from '../samples.ts'

export const saveCases = caseGroup('save', [], {
  'by-hand-inserts': {
    title: 'a session built by hand from an id and expiresAt is stored with defaults',
    async run({ store, clock, newId }) {
      const id = newId()
      const saved = await store.save({ id, expiresAt: clock.in(hourMs) })
      const { version, handle, ...rest } = saved
      holds(typeof version === 'string' && version !== '', 'a version is a non-empty string')
      holds(typeof handle === 'string' && handle !== '', 'a handle is a non-empty string')
      const expected = { ...byHand(clock), expiresAt: clock.in(hourMs), ttlMs: hourMs }
      same(rest, { id, ...expected }, 'what a hand-built session leaves out has its default')
      same(await store.load(id), saved, 'load gives what save resolved with')
    },
  },
  'by-hand-keeps-every-field': {
    title: 'a session built by hand keeps its times, identity and data',
    async run({ store, clock, newId }) {
      const times = {
        createdAt: clock.in(-dayMs),
        authenticatedAt: clock.in(-minuteMs),
        expiresAt: clock.in(hourMs),
        ttlMs: 2 * hourMs,
        deadline: clock.in(dayMs),
      }
      const input = { id: newId(), identity: alice, data: { a: [1, { b: null }] }, ...times }
      const { version, handle, lastSeenAt, ...saved } = await store.save(input)
      same(saved, input, 'save resolves with every field as given')
      same(lastSeenAt, clock.in(0), 'a save is the last time that the session was seen')
      same(await store.load(input.id), { ...input, version, handle, lastSeenAt }, 'load gives every field as given')
    },
  },
  'identity-without-attributes': {
    title: 'an identity has {} for attributes where none were given, and nothing else is made up',
    async run({ store, put }) {
      const { id, identity } = await put({ identity: { providerId: 'github', externalId: 'x' } })
      const expected = { providerId: 'github', externalId: 'x', attributes: {} }
      same(identity, expected, 'save resolves with attributes {} when absent')
      same((await loaded(store, id)).identity, expected, 'attributes are {} when absent')
    },
  },
  'by-hand-replaces': {
    title: 'a session built by hand replaces what is there, and merges nothing',
    async run({ store, clock, put }) {
      const { id } = await put({ identity: alice, data: { old: 1 } })
      await store.save({ id, expiresAt: clock.in(minuteMs), identity: bob, data: { new: 2 } })
      const { identity, data, expiresAt } = await loaded(store, id)
      const replaced = { identity: bob, data: { new: 2 }, expiresAt: clock.in(minuteMs) }
      same({ identity, data, expiresAt }, replaced, 'a hand-built save replaces what is there')
      if (store.capabilities.count) same(await store.count(), 1, 'replacing adds no session')
    },
  },
  'by-hand-with-passed-expiry-deletes': {
    title: 'a session built by hand whose expiresAt has passed deletes the stored one',
    async run({ store, clock, put, newId }) {
      for (const ms of [-1, 0]) {
        const { id } = await put({ identity: alice, data: { old: 1 } })
        await store.save({ id, expiresAt: clock.in(ms) })
        same(await store.load(id), null, 'saving a session whose expiresAt has passed deletes it')
        same(await store.exists(id), false, 'the deleted session does not exist')
      }
      const id = newId()
      await store.save({ id, expiresAt: clock.in(-1) })
      same(await store.load(id), null, 'an expired session that was never there resolves, and is absent')
      if (store.capabilities.count) same(await store.count(), 0, 'saving an expired session leaves none')
    },
  },
  'versioned-writes': {
    title: 'a loaded session is written back with its changes',
    async run({ store, clock, put }) {
      const { id } = await put({ identity: alice, data: { n: 1 } })
      const session = await loaded(store, id)
      session.data = { n: 2, list: ['a'] }
      session.identity = bob
      session.expiresAt = clock.in(2 * hourMs)
      const saved = await store.save(session)
      same(saved, { ...session, version: saved.version }, 'save resolves with what is now stored')
      same(await store.load(id), saved, 'load gives what save resolved with')
    },
  },
  'unchanged-content-is-written': {
    title: 'saving without a change succeeds, twice',
    async run({ store, put }) {
      const session = await put({ data: { n: 1 } })
      await store.save(session)
      const { data } = await store.save(session)
      same(data, { n: 1 }, 'a save that changes nothing is no missing session')
    },
  },
  'version-changes': {
    title: 'every save gives a new version, also with the same content',
    async run({ store, put }) {
      const session = await put({ data: { n: 1 } })
      const versions = [session.version]
      for (let i = 0; i < 3; i++) versions.push((await store.save(session)).version)
      const byHand = { id: session.id, expiresAt: session.expiresAt, data: { n: 1 } }
      versions.push((await store.save(byHand)).version)
      same(new Set(versions).size, versions.length, 'each write of data has a version of its own')
      same((await loaded(store, session.id)).version, versions.at(-1), 'the version that save gave is the stored one')
    },
  },
  'last-write-wins': {
    title: 'of two copies of one session, the one saved last is stored',
    async run({ store, put, peer }) {
      const other = await peer()
      const { id } = await put({ data: { n: 0 } })
      const [mine, theirs] = [await loaded(store, id), await loaded(other, id)]
      mine.data = { mine: 1 }
      theirs.data = { theirs: 1 }
      await other.save(theirs)
      await store.save(mine)
      same((await loaded(store, id)).data, { mine: 1 }, 'the last write wins')
      same((await loaded(other, id)).data, { mine: 1 }, 'the last write wins on every client')
    },
  },
  'versioned-after-delete-is-gone': {
    title: 'a late save never undoes a logout',
    async run({ store, put }) {
      const session = await put({ identity: alice, data: { n: 1 } })
      await store.delete(session.id)
      await rejectsWith('SESS_GONE', () => store.save(session), 'a save after delete')
      same(await store.load(session.id), null, 'a save after delete writes nothing')
      same(await store.exists(session.id), false, 'a save after delete brings nothing back')
    },
  },
  'versioned-after-peer-delete-is-gone': {
    title: 'a late save never undoes a logout by another client',
    async run({ store, put, peer }) {
      const other = await peer()
      const session = await put({ data: { n: 1 } })
      const mine = await loaded(store, session.id)
      same(await other.delete(session.id), true, 'the other client deletes the session')
      await rejectsWith('SESS_GONE', () => store.save(mine), 'a save after a delete by another client')
      same(await store.load(session.id), null, 'a save after a delete by another client writes nothing')
    },
  },
  'versioned-after-expiry-is-gone': {
    title: 'a save after expiry is refused, even with a later expiresAt',
    async run({ store, clock, put }) {
      const session = await put({ expiresAt: clock.in(minuteMs) })
      clock.advance(minuteMs)
      session.expiresAt = clock.in(hourMs)
      await rejectsWith('SESS_GONE', () => store.save(session), 'a save of an expired session')
      same(await store.load(session.id), null, 'a save never revives an expired session')
    },
  },
  'versioned-after-rotate-is-gone': {
    title: 'a save under the old id is refused after a rotation',
    requires: ['rotate'],
    async run({ store, put }) {
      const old = await put({ data: { n: 1 } })
      const rotated = await store.rotate(old.id)
      old.data = { n: 'stale' }
      await rejectsWith('SESS_GONE', () => store.save(old), 'a save under the old id after a rotation')
      same(await store.load(old.id), null, 'the old id stays dead')
      same(await store.load(rotated?.id ?? ''), rotated, 'the rotated session is untouched')
    },
  },
  'versioned-and-never-stored-is-gone': {
    title: 'a session with a version that this store never had is refused',
    async run({ store, clock, put, newId }) {
      const { version } = await put()
      const forged = { id: newId(), version, expiresAt: clock.in(hourMs) }
      await rejectsWith('SESS_GONE', () => store.save(forged), 'a save under an id that was never stored')
      same(await store.load(forged.id), null, 'an unknown id is never adopted')
    },
  },
  'versioned-with-passed-expiry-deletes': {
    title: 'a loaded session saved with a passed expiresAt is deleted',
    async run({ store, clock, put }) {
      for (const ms of [-1, 0]) {
        const session = await put({ identity: alice })
        session.expiresAt = clock.in(ms)
        await store.save(session)
        same(await store.load(session.id), null, 'saving a session whose expiresAt has passed deletes it')
        await rejectsWith(
          'SESS_GONE',
          () => store.save({ ...session, expiresAt: clock.in(hourMs) }),
          'a save after that',
        )
      }
      if (store.capabilities.count) same(await store.count(), 0, 'the sessions are deleted')
    },
  },
  'versioned-with-passed-expiry-of-nothing-is-gone': {
    title: 'a passed expiresAt does not hide that the session is gone',
    async run({ store, clock, put }) {
      const session = await put()
      await store.delete(session.id)
      session.expiresAt = clock.in(-1)
      await rejectsWith('SESS_GONE', () => store.save(session), 'an expired save where nothing is live')
    },
  },
  'versioned-keeps-created-at-and-deadline': {
    title: 'no save alters createdAt or the deadline of a stored session',
    async run({ store, clock, put }) {
      const stored = await put({ deadline: clock.in(dayMs) })
      clock.advance(minuteMs)
      const altered: Session = { ...stored, createdAt: clock.in(0), deadline: null, expiresAt: clock.in(30 * dayMs) }
      await store.save(altered)
      const kept = { createdAt: stored.createdAt, deadline: stored.deadline, expiresAt: stored.deadline }
      const timesOf = ({ createdAt, deadline, expiresAt }: Session) => ({ createdAt, deadline, expiresAt })
      same(timesOf(await loaded(store, stored.id)), kept, 'createdAt and deadline stay, and clamp expiresAt')
    },
  },
  'expiry-is-clamped-to-the-deadline': {
    title: 'no save moves expiresAt past the deadline',
    async run({ store, clock, put }) {
      const byHand = await put({ expiresAt: clock.in(2 * dayMs), deadline: clock.in(dayMs) })
      same(byHand.expiresAt, clock.in(dayMs), 'a hand-built save is clamped to its deadline')
      same(
        (await loaded(store, byHand.id)).expiresAt,
        clock.in(dayMs),
        'the stored expiresAt is clamped to the deadline',
      )
      byHand.expiresAt = clock.in(3 * dayMs)
      const saved = await store.save(byHand)
      same(saved.expiresAt, clock.in(dayMs), 'a versioned save is clamped to the deadline')
      same(await store.load(byHand.id), saved, 'what is stored is clamped to the deadline')
    },
  },
  'expiry-moves-both-ways': {
    title: 'a save can shorten and lengthen the life of a session',
    async run({ store, clock, put }) {
      const session = await put()
      session.expiresAt = clock.in(minuteMs)
      await store.save(session)
      same((await loaded(store, session.id)).expiresAt, clock.in(minuteMs), 'a save can shorten the life')
      session.expiresAt = clock.in(dayMs)
      await store.save(session)
      clock.advance(dayMs - 1)
      same((await loaded(store, session.id)).expiresAt, clock.in(1), 'a save can lengthen the life')
    },
  },
  'input-is-taken-at-the-call': {
    title: 'what the caller alters after the call is not stored',
    async run({ store, put }) {
      const session = await put({ data: { list: [1] } })
      const list = [1, 2]
      session.data = { list }
      const pending = store.save(session)
      list.push(3)
      session.data = { other: true }
      const saved = await pending
      same((await loaded(store, session.id)).data, { list: [1, 2] }, 'save takes its input at the call')
      saved.data.list = 'altered'
      list.push(4)
      same(
        (await loaded(store, session.id)).data,
        { list: [1, 2] },
        'neither input nor result is shared with the store',
      )
    },
  },
  'wrong-arguments-are-type-errors': {
    title: 'what is no session rejects with a TypeError, and nothing is written',
    async run({ store, clock, put }) {
      const expiresAt = clock.in(hourMs)
      for (const session of [undefined, null, 'text', 1, {}, { id: 5 }, { expiresAt }]) {
        await rejectsWithTypeError(() => store.save(session as never), 'what is no session')
      }
      const stored = await put({ identity: alice, data: { n: 1 } })
      const wrong: Record<string, unknown>[] = [
        { expiresAt: expiresAt.getTime() },
        { expiresAt: expiresAt.toISOString() },
        { expiresAt: new Date(Number.NaN) },
        { deadline: 'soon' },
        { deadline: new Date(Number.NaN) },
        { createdAt: 0 },
        { identity: 'alice' },
        { identity: {} },
        { identity: { providerId: 'github', externalId: 888 } },
        { identity: { ...alice, username: 1 } },
        { identity: { ...alice, attributes: { admin: true } } },
        { identity: { ...alice, attributes: [] } },
        { version: 1 },
        { ttlMs: '1h' },
        { ttlMs: 0 },
        { authenticatedAt: 0 },
        { expiresAt: clock.in(101 * 365 * dayMs) },
      ]
      for (const fields of wrong) {
        const [name] = Object.keys(fields)
        const session = { id: stored.id, expiresAt, ...fields } as never
        await rejectsWithTypeError(() => store.save(session), `a session with a wrong ${name}`)
      }
      same(await store.load(stored.id), stored, 'a rejected save writes nothing')
    },
  },
  'differing-versions-differ': {
    title: 'two sessions never share a version by accident',
    async run({ put }) {
      const [one, two] = [await put(), await put()]
      differs(one.version, two.version, 'two sessions have two versions')
    },
  },
})
