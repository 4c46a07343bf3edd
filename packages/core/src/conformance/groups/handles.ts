import { caseGroup } from '../conformance-case.ts'
import { differs, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, all, bob, handleOf, hourMs, malformedIds, notStrings, only, refOf } from '../samples.ts'

export const handleCases = caseGroup('handles', ['handles', 'identityIndex'], {
  'deletes-the-session': {
    title: 'deleteByHandle ends the session that the list named, and no other',
    async run({ store, put, peer }) {
      const [mine, other] = [await put({ identity: alice }), await put({ identity: bob })]
      const handle = await handleOf(store, alice)
      same(await (await peer()).deleteByHandle(handle), true, 'deleteByHandle is true where a live session was removed')
      same(await store.load(mine.id), null, 'the session is gone')
      same(await store.listByIdentity(refOf(alice)), [], 'the session is not listed')
      same(await store.load(other.id), other, 'another session stays')
      same(await store.deleteByHandle(handle), false, 'a second time it is false')
    },
  },
  'is-no-id': {
    title: 'a handle is no use as a cookie: nothing accepts it for an id',
    async run({ store, put }) {
      const session = await put({ identity: alice })
      const handle = await handleOf(store, alice)
      differs(handle, session.id, 'a handle is not the id')
      same(await store.load(handle), null, 'load does not accept a handle for an id')
      same(await store.exists(handle), false, 'exists does not accept a handle for an id')
      same(await store.delete(handle), false, 'delete does not accept a handle for an id')
      if (store.capabilities.touch) same(await store.touch(handle), null, 'touch does not accept a handle')
      if (store.capabilities.rotate) same(await store.rotate(handle), null, 'rotate does not accept a handle')
      if (store.capabilities.update) same(await store.update(handle, () => {}), null, 'update does not accept a handle')
      same(await store.load(session.id), session, 'the session is untouched')
    },
  },
  'is-no-id-with-plain-ids': {
    title: 'where ids are kept as they are, a handle is still no use as a cookie',
    requires: ['options'],
    options: () => ({ ids: 'plain' }),
    async run({ store, put }) {
      const session = await put({ identity: alice })
      const handle = await handleOf(store, alice)
      differs(handle, session.id, 'a handle is not the id')
      same(await store.load(handle), null, 'load does not accept a handle for an id')
      same(await store.deleteByHandle(handle), true, 'the handle names the session')
      same(await store.load(session.id), null, 'the session is gone')
    },
  },
  'id-is-no-handle': {
    title: 'an id is no handle',
    async run({ store, put }) {
      const session = await put({ identity: alice })
      same(await store.deleteByHandle(session.id), false, 'an id is no handle')
      same(await store.load(session.id), session, 'the session is untouched')
    },
  },
  'outlives-writes': {
    title: 'a handle still names its session after a save, an update and a touch',
    async run({ store, put }) {
      const session = await put({ identity: alice })
      const handle = await handleOf(store, alice)
      await store.save({ ...session, data: { n: 1 } })
      if (store.capabilities.update) await store.update(session.id, () => {})
      if (store.capabilities.touch) await store.touch(session.id, { ttl: hourMs })
      same(await handleOf(store, alice), handle, 'no write of the session changes its handle')
      same(await store.deleteByHandle(handle), true, 'the handle still names the session')
    },
  },
  differ: {
    title: 'two sessions of one person have two handles',
    async run({ store, put }) {
      const [kept] = [await put({ identity: alice, data: { kept: true } }), await put({ identity: alice })]
      const list = await store.listByIdentity(refOf(alice))
      same(new Set(list.map(({ handle }) => handle)).size, 2, 'two sessions have two handles')
      const device = only(
        list.filter(({ data }) => data.kept !== true),
        'the other device',
      )
      await store.deleteByHandle(device.handle)
      same(await store.load(kept.id), kept, 'signing out one device leaves the other')
    },
  },
  'unknown-is-false': {
    title: 'a handle that names nothing is false, whatever it looks like',
    async run({ store, put, newId }) {
      const session = await put({ identity: alice })
      for (const handle of [newId(), ...malformedIds.map(([, text]) => text)]) {
        same(await store.deleteByHandle(handle), false, 'a handle that names nothing is false')
      }
      same(await store.load(session.id), session, 'nothing is deleted')
      for (const handle of notStrings) {
        await rejectsWithTypeError(() => store.deleteByHandle(handle as never), 'a handle that is no string')
      }
    },
  },
  'entries-have-the-same': {
    title: 'entries and listByIdentity give one session one handle',
    requires: ['scan'],
    async run({ store, put }) {
      await put({ identity: alice })
      same(only(await all(store), 'entries').handle, await handleOf(store, alice), 'a session has one handle')
    },
  },
})
