import { capabilitiesOfMethod, capabilityNames } from '../../contract/capabilities.ts'
import { caseGroup } from '../conformance-case.ts'
import { fail, rejectsWith, same } from '../expectations.ts'
import { alice, hourMs, refOf } from '../samples.ts'

const methods = ['save', 'load', 'exists', 'delete', 'ping', 'close', ...Object.keys(capabilitiesOfMethod)]
const sessionFields = ['id', 'handle', 'identity', 'data', 'createdAt', 'lastSeenAt', 'authenticatedAt']
const timeFields = ['expiresAt', 'ttlMs', 'deadline', 'version']

/** Fails with the names that have another type than they should: a store of an older contract lacks some. */
function hasEvery(owner: object, names: readonly PropertyKey[], type: string, whose: string, hint = ''): void {
  const lacking = names.filter((name) => {
    const has: unknown = Reflect.get(owner, name)
    return type === 'value' ? has === undefined : typeof has !== type
  })
  if (lacking.length > 0) fail(`${whose} has no ${type} ${lacking.map(String).join(', ')}${hint}`)
}

export const harnessCases = caseGroup('harness', [], {
  'has-every-field': {
    title: 'a store has every method and capability of the contract, and a session every field',
    async run({ bare, newId, clock }) {
      hasEvery(bare, methods, 'function', 'the store', ': what it cannot do rejects with SESS_UNSUPPORTED')
      hasEvery(bare, [Symbol.asyncDispose], 'function', 'the store')
      hasEvery(bare, ['maxLifetime', 'capabilities'], 'value', 'the store')
      hasEvery(bare.capabilities, capabilityNames, 'boolean', 'capabilities of the store')
      const saved = await bare.save({ id: newId(), expiresAt: clock.in(hourMs) })
      hasEvery(saved, [...sessionFields, ...timeFields], 'value', 'the session that save resolves with')
      const loaded = (await bare.load(saved.id)) ?? fail('load finds the session that was saved')
      hasEvery(loaded, [...sessionFields, ...timeFields], 'value', 'the session that load resolves with')
    },
  },
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
