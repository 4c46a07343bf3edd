import { caseGroup } from '../conformance-case.ts'
import { differs, fail, same } from '../expectations.ts'
import { alice, dayMs, handleOf, holdsToken, idsInOrder, loaded, minuteMs, only, refOf } from '../samples.ts'

const first = 'first'.padEnd(43, '1')
const second = 'second'.padEnd(43, '2')

export const rotateCases = caseGroup('rotate', ['rotate'], {
  'keeps-the-session': {
    title: 'only id and handle are new: data, identity, times and version are kept, but for lastSeenAt',
    async run({ store, clock, put }) {
      const before = await put({ identity: alice, data: { cart: [1] }, deadline: clock.in(dayMs) })
      clock.advance(1_000)
      const rotated = (await store.rotate(before.id)) ?? fail('a live session can be rotated')
      differs(rotated.id, before.id, 'a rotation gives a new id')
      holdsToken(rotated.id)
      differs(rotated.handle, before.handle, 'a rotation gives a new handle')
      const { id, handle } = rotated
      same(rotated, { ...before, id, handle, lastSeenAt: clock.in(0) }, 'a rotation keeps all but the id')
      same(await store.load(rotated.id), rotated, 'load gives what rotate resolved with')
    },
  },
  'old-id-is-dead': {
    title: 'when rotate resolves, nothing answers to the old id, on any client',
    async run({ store, put, peer }) {
      const { id } = await put({ identity: alice })
      const rotated = (await store.rotate(id)) ?? fail('a live session can be rotated')
      for (const client of [store, await peer()]) {
        same(await client.load(id), null, 'the old id does not load')
        same(await client.exists(id), false, 'the old id does not exist')
        same(await client.delete(id), false, 'the old id deletes nothing')
        same(await client.rotate(id), null, 'the old id cannot be rotated again')
        if (client.capabilities.touch) same(await client.touch(id), null, 'the old id cannot be touched')
        if (client.capabilities.update) same(await client.update(id, () => {}), null, 'the old id cannot be updated')
        same(await client.load(rotated.id), rotated, 'the new id loads everywhere')
      }
    },
  },
  'nothing-is-null': {
    title: 'a deleted, expired or unknown session is null, and none is made',
    async run({ store, clock, put, newId }) {
      same(await store.rotate(newId()), null, 'an unknown id is null')
      const deleted = await put()
      await store.delete(deleted.id)
      same(await store.rotate(deleted.id), null, 'a deleted session is null')
      const expired = await put({ expiresAt: clock.in(minuteMs) })
      clock.advance(minuteMs)
      same(await store.rotate(expired.id), null, 'an expired session is null')
      if (store.capabilities.count) same(await store.count(), 0, 'a rotation makes no session')
    },
  },
  'counts-once': {
    title: 'a rotated session is one session',
    requires: ['count'],
    async run({ store, put }) {
      const { id } = await put()
      await store.rotate(id)
      same(await store.count(), 1, 'a rotation adds no session')
    },
  },
  'index-follows': {
    title: 'the person has the session once, under a new handle, and it can be ended by identity',
    requires: ['identityIndex'],
    async run({ store, put }) {
      const { id } = await put({ identity: alice })
      const before = await handleOf(store, alice)
      const rotated = (await store.rotate(id)) ?? fail('a live session can be rotated')
      const listed = only(await store.listByIdentity(refOf(alice)), 'sessions after a rotation')
      differs(listed.handle, before, 'a rotation changes the handle')
      if (store.capabilities.handles) {
        same(await store.deleteByHandle(before), false, 'the old handle names nothing')
        same(await store.load(rotated.id), rotated, 'the old handle ended nothing')
      }
      same(await store.deleteByIdentity(refOf(alice)), 1, 'the rotated session is ended by identity')
      same(await store.load(rotated.id), null, 'the rotated session is gone')
    },
  },
  'can-be-saved-and-rotated-again': {
    title: 'a rotated session can be saved, touched and rotated like any other',
    async run({ store, put }) {
      const { id } = await put({ data: { n: 1 } })
      const once = (await store.rotate(id)) ?? fail('a live session can be rotated')
      const saved = await store.save({ ...once, data: { n: 2 } })
      const twice = (await store.rotate(saved.id)) ?? fail('a rotated session can be rotated')
      const { id: newId, handle } = twice
      same(twice, { ...saved, id: newId, handle }, 'a second rotation keeps all but the id')
      same(await store.load(once.id), null, 'the id in between is dead')
      same((await loaded(store, twice.id)).data, { n: 2 }, 'the saved data is kept')
    },
  },
  'keeps-its-expiry': {
    title: 'a rotation gives no more time',
    async run({ store, clock, put }) {
      const { id } = await put({ expiresAt: clock.in(minuteMs), deadline: clock.in(minuteMs) })
      clock.advance(minuteMs - 1)
      const rotated = (await store.rotate(id)) ?? fail('a live session can be rotated')
      same(rotated.expiresAt, clock.in(1), 'a rotation keeps expiresAt')
      clock.advance(1)
      same(await store.load(rotated.id), null, 'the rotated session expires when the old one would have')
    },
  },
  'collision-is-retried': {
    title: 'a new id that is taken is drawn again, and its session is not overwritten',
    requires: ['options', 'create'],
    options: () => ({ generateId: idsInOrder(first, second, first) }),
    async run({ store }) {
      const one = await store.create({ data: { n: 1 } })
      const two = await store.create({ data: { n: 2 } })
      const rotated = (await store.rotate(two.id)) ?? fail('a live session can be rotated')
      differs(rotated.id, one.id, 'a rotation never takes the id of another session')
      same(await store.load(one.id), one, 'a rotation never overwrites another session')
      same(rotated.data, { n: 2 }, 'the rotated session is kept')
    },
  },
})
