import { caseGroup } from '../conformance-case.ts'
import { same } from '../expectations.ts'
import { alice, hourMs, minuteMs, refOf } from '../samples.ts'

export const deleteCases = caseGroup('delete', [], {
  'removes-the-session': {
    title: 'a deleted session is absent on every client',
    async run({ store, put, peer }) {
      const { id } = await put({ identity: alice })
      same(await store.delete(id), true, 'delete is true where a live session was removed')
      same(await store.load(id), null, 'a deleted session does not load')
      same(await store.exists(id), false, 'a deleted session does not exist')
      same(await (await peer()).load(id), null, 'a deleted session does not load elsewhere')
    },
  },
  'is-idempotent': {
    title: 'a second delete resolves with false',
    async run({ store, put, peer }) {
      const { id } = await put()
      same(await store.delete(id), true, 'the first delete is true')
      same(await store.delete(id), false, 'the second delete is false')
      same(await (await peer()).delete(id), false, 'a delete by another client after that is false')
    },
  },
  'unknown-is-false': {
    title: 'deleting what never was is false',
    async run({ store, newId }) {
      same(await store.delete(newId()), false, 'deleting an unknown id is false')
    },
  },
  'expired-is-false': {
    title: 'deleting an expired session is false',
    async run({ store, clock, put }) {
      const { id } = await put({ expiresAt: clock.in(minuteMs) })
      clock.advance(minuteMs)
      same(await store.delete(id), false, 'no live session was removed')
    },
  },
  'leaves-others': {
    title: 'only the one session is removed',
    async run({ store, put }) {
      const [one, two] = [await put({ identity: alice }), await put({ identity: alice })]
      await store.delete(one.id)
      same(await store.load(two.id), two, 'another session stays')
    },
  },
  'leaves-no-index': {
    title: 'a deleted session is in no list',
    requires: ['identityIndex'],
    async run({ store, put }) {
      const { id } = await put({ identity: alice })
      await store.delete(id)
      same(await store.listByIdentity(refOf(alice)), [], 'a deleted session is not listed')
      same(await store.deleteByIdentity(refOf(alice)), 0, 'a deleted session is not deleted again')
    },
  },
  'frees-the-id': {
    title: 'after a delete the id can be saved by hand anew, with nothing of the old session',
    async run({ store, clock, put }) {
      const { id } = await put({ identity: alice, data: { old: 1 } })
      await store.delete(id)
      clock.advance(1_000)
      const anew = await store.save({ id, expiresAt: clock.in(hourMs) })
      same(anew.createdAt, clock.in(0), 'the new session is created now')
      same(await store.load(id), anew, 'nothing of the deleted session is left')
      same(anew.identity, null, 'the new session is anonymous')
    },
  },
})
