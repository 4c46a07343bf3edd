import { caseGroup } from '../conformance-case.ts'
import { rejectsWith, same } from '../expectations.ts'
import { alice, refOf } from '../samples.ts'

export const harnessCases = caseGroup('harness', [], {
  'opens-fresh-storage': {
    title: 'each store that open gives has storage of its own',
    async run({ store, open, put }) {
      const session = await put({ identity: alice })
      const another = await open()
      same(await another.load(session.id), null, 'another store does not have the session')
      if (another.capabilities.count) same(await another.count(), 0, 'another store has no session')
      if (another.capabilities.identityIndex) {
        same(await another.deleteByIdentity(refOf(alice)), 0, 'another store has nothing of the person')
      }
      same(await store.load(session.id), session, 'opening another store changes nothing')
    },
  },
  'hands-on-the-clock': {
    title: 'the store takes its time from the injected clock',
    async run({ clock, put }) {
      clock.advance(12_345)
      same((await put()).createdAt, clock.in(0), 'a session is created at the instant of the injected clock')
    },
  },
  'peer-has-the-same-storage': {
    title: 'openPeer gives a client of the same storage',
    requires: ['peer'],
    async run({ put, peer }) {
      const other = await peer()
      const session = await put({ identity: alice })
      same(await other.load(session.id), session, 'a peer has the same sessions')
    },
  },
  'hands-on-the-options': {
    title: 'a harness that takesOptions hands them to the store',
    requires: ['options'],
    options: () => ({ maxBytes: 500 }),
    async run({ put, store }) {
      const session = await put()
      const save = () => store.save({ ...session, data: { text: 'x'.repeat(1_000) } })
      await rejectsWith('SESS_TOO_LARGE', save, 'data beyond the maxBytes that the case asked for')
    },
  },
})
