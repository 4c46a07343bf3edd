import { randomBytes } from 'node:crypto'
import { type CaseContext, caseGroup } from '../conformance-case.ts'
import { fail, holds, rejectsWith, same } from '../expectations.ts'
import { alice, loaded, refOf } from '../samples.ts'

const marker = 'marker-in-data-2c81'
const keys = [randomBytes(32), randomBytes(32), randomBytes(32)] as const
const [first, second, third] = keys
const sealed = { options: () => ({ seal: { keys: [first] } }) }

async function withKeys({ peerWith }: CaseContext, ...others: readonly Uint8Array[]) {
  return (await peerWith({ seal: { keys: others } })) ?? fail('the harness has a peer')
}

export const sealCases = caseGroup('seal', ['options'], {
  'leaves-nothing-to-be-read': {
    ...sealed,
    title: 'neither a person nor data nor the data of a state lies at rest in clear',
    requires: ['dump'],
    async run({ store, put, dump }) {
      const session = await put({ identity: alice, data: { marker } })
      if (store.capabilities.states) await store.putState({ data: { marker } })
      if (store.capabilities.update)
        await store.update(session.id, ({ data }) => void Object.assign(data, { n: marker }))
      if (store.capabilities.rotate) await store.rotate(session.id)
      const text = await dump()
      for (const clear of [marker, alice.externalId, alice.email ?? '', 'pro']) {
        holds(!text.includes(clear), 'nothing of it is in the dump')
      }
    },
  },
  'keeps-every-promise': {
    ...sealed,
    title: 'sealed sessions and states are stored, listed, rotated and consumed like any other',
    async run({ store, put }) {
      const session = await put({ identity: alice, data: { marker, deep: [1, { a: null }] } })
      same(await store.load(session.id), session, 'a sealed session loads')
      if (store.capabilities.identityIndex) {
        same((await store.listByIdentity(refOf(alice))).length, 1, 'a person has it')
      }
      if (store.capabilities.rotate) {
        const rotated = (await store.rotate(session.id)) ?? fail('a sealed session can be rotated')
        same((await loaded(store, rotated.id)).data, session.data, 'a rotated one opens')
      }
      if (!store.capabilities.states) return
      const state = await store.putState({ data: { marker }, userAgent: 'a' })
      same((await store.consumeState(state, { userAgent: 'a' }))?.data, { marker }, 'a state opens')
    },
  },
  'opens-with-older-keys': {
    ...sealed,
    title: 'the newest key seals, older ones open, the next write seals anew, and lists look under every key',
    requires: ['peer'],
    async run(context) {
      const { store, put } = context
      const session = await put({ identity: alice, data: { n: 1 } })
      const both = await withKeys(context, second, first)
      same((await loaded(both, session.id)).data, { n: 1 }, 'an older key opens')
      if (store.capabilities.identityIndex) {
        same((await both.listByIdentity(refOf(alice))).length, 1, 'a list looks under the older key')
      }
      await both.save({ ...(await loaded(both, session.id)), data: { n: 2 } })
      const newest = await withKeys(context, second)
      same((await loaded(newest, session.id)).data, { n: 2 }, 'the write has sealed with the newest key')
      if (!store.capabilities.identityIndex) return
      same((await newest.listByIdentity(refOf(alice))).length, 1, 'the index has followed')
      same(await both.deleteByIdentity(refOf(alice)), 1, 'a sign-out ends what lies under any of the keys')
    },
  },
  'is-corrupt-without-its-key': {
    ...sealed,
    title: 'without the key a session is SESS_CORRUPT, never plain text and never absent',
    requires: ['peer'],
    async run(context) {
      const { id } = await context.put({ data: { marker } })
      const other = await withKeys(context, third)
      await rejectsWith('SESS_CORRUPT', () => other.load(id), 'a session under an unknown key')
      same(await other.exists(id), true, 'it exists all the same')
    },
  },
  'refuses-what-is-not-sealed': {
    title: 'what is not sealed is SESS_CORRUPT to a store that seals, but for the days that it was given',
    requires: ['peer'],
    options: () => ({ ...sealed.options() }),
    async run(context) {
      const { clock, peerWith, newId } = context
      const plain = (await peerWith({ seal: undefined })) ?? fail('the harness has a peer')
      const { id } = await plain.save({ id: newId(), identity: alice, data: { n: 1 } })
      await rejectsWith('SESS_CORRUPT', () => context.store.load(id), 'a session that is not sealed')
      const acceptPlainUntil = clock.in(1_000)
      const lenient = await peerWith({ seal: { keys: [first], acceptPlainUntil } })
      same((await lenient?.load(id))?.data, { n: 1 }, 'it is read until the day comes')
      if (plain.capabilities.identityIndex) {
        same((await lenient?.listByIdentity(refOf(alice)))?.length, 1, 'and listed')
      }
      clock.advance(1_000)
      await rejectsWith('SESS_CORRUPT', () => lenient?.load(id), 'once the day has come')
    },
  },
  'is-corrupt-where-it-was-altered': {
    ...sealed,
    title: 'what was altered does not open',
    requires: ['damage'],
    async run({ store, put, damage }) {
      const { id } = await put({ data: { n: 1 } })
      await damage(id)
      await rejectsWith('SESS_CORRUPT', () => store.load(id), 'a sealed session that was altered')
    },
  },
})

export const idsApartCases = caseGroup('ids-apart', ['options', 'peer'], {
  'plain-and-hashed-do-not-mix': {
    title: 'a store with plain ids refuses to work on sessions with hashed ones, and the other way round',
    options: () => ({ ids: 'hashed' }),
    async run({ store, put, peerWith }) {
      const session = await put()
      const other = await peerWith({ ids: 'plain' })
      if (other === null) return
      await rejectsWith('SESS_CONFIG', () => other.load(session.id), 'plain ids on hashed ones')
      same(await store.load(session.handle), null, 'a handle is no id')
      same(await store.load(session.id), session, 'the store goes on')
    },
  },
})
