import { randomBytes } from 'node:crypto'
import { type CaseContext, caseGroup } from '../conformance-case.ts'
import { fail, holds, rejectsWith, same } from '../expectations.ts'
import { alice, loaded, refOf } from '../samples.ts'

const marker = 'marker-in-data-91fe'
const person = refOf(alice)
const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)] as const
const sealed = () => ({ seal: { keys: [first] } })

async function withKeys({ peerWith }: CaseContext, ...keys: readonly Uint8Array[]) {
  return (await peerWith({ seal: { keys } })) ?? fail('the harness has a peer')
}

/** Sealed records and states across keys and places. */
export const sealKeyCases = caseGroup('seal', ['options'], {
  'states-open-with-older-keys': {
    title: 'a state opens with an older key; with an unknown key it is SESS_CORRUPT, and burnt',
    options: sealed,
    requires: ['states', 'peer'],
    async run(context) {
      const { store } = context
      const [known, unknown] = [await store.putState({ data: { marker } }), await store.putState({ data: { marker } })]
      const both = await withKeys(context, second, first)
      same((await both.consumeState(known))?.data, { marker }, 'an older key opens a state')
      const other = await withKeys(context, third)
      const error = await rejectsWith('SESS_CORRUPT', () => other.consumeState(unknown), 'a state under an unknown key')
      holds(!error.message.includes(marker), 'the error tells no data')
      same(await store.consumeState(unknown), null, 'any attempt burns the state')
    },
  },
  'a-rotation-seals-anew': {
    title: 'a rotation seals with the newest key, also one that changes neither person nor data',
    options: sealed,
    requires: ['rotate', 'peer'],
    async run(context) {
      const both = await withKeys(context, second, first)
      for (const options of [{}, { identity: alice }, { identity: null }]) {
        const session = await context.put({ identity: alice, data: { marker } })
        const rotated = (await both.rotate(session.id, options)) ?? fail('an older key opens a session')
        const newest = await withKeys(context, second)
        same((await loaded(newest, rotated.id)).data, { marker }, 'the newest key opens what was rotated')
      }
    },
  },
  'people-have-sessions-under-two-keys': {
    title: 'keep, updateByIdentity and deleteByHandle find the sessions of a person under older keys, too',
    options: sealed,
    requires: ['identityIndex', 'update', 'handles', 'peer'],
    async run(context) {
      const { store, clock, newId } = context
      const both = await withKeys(context, second, first)
      const make = (client: typeof store, n: number) =>
        client.save({ id: newId(), identity: alice, data: { n }, authenticatedAt: clock.in(n - 100) })
      const older = [await make(store, 1), await make(store, 3), await make(store, 5)]
      await make(both, 2)
      await make(both, 4)
      const numbers = async () => (await both.listByIdentity(person)).map(({ data }) => Number(data.n)).sort()
      same(await both.deleteByIdentity(person, { keep: 3 }), 2, 'keep counts those under both keys')
      same(await numbers(), [3, 4, 5], 'the newest of all stay')
      const handle = older[1]?.handle ?? ''
      same(
        await both.deleteByHandle(handle, { identity: person }),
        true,
        'deleteByHandle knows the person under an older key',
      )
      same(
        await both.updateByIdentity(person, ({ data }) => void Object.assign(data, { role: 'admin' })),
        2,
        'each is written',
      )
      const newest = await withKeys(context, second)
      const list = await newest.listByIdentity(person)
      same(
        list.map(({ data }) => data.role),
        ['admin', 'admin'],
        'the update has sealed each with the newest key',
      )
    },
  },
  'is-corrupt-to-a-store-without-seal': {
    title: 'a sealed session is SESS_CORRUPT to a store that does not seal, and exists all the same',
    options: sealed,
    requires: ['peer'],
    async run({ put, peerWith }) {
      const { id } = await put({ identity: alice, data: { marker } })
      const plain = (await peerWith({ seal: undefined })) ?? fail('the harness has a peer')
      await rejectsWith('SESS_CORRUPT', () => plain.load(id), 'a sealed session in a store without keys')
      same(await plain.exists(id), true, 'it exists all the same')
    },
  },
  'a-moved-value-does-not-open': {
    title: 'what is stored for one session does not open where somebody has moved it to another',
    options: sealed,
    requires: ['move'],
    async run({ store, put, move }) {
      const [mine, theirs] = [await put({ data: { n: 1 } }), await put({ identity: alice, data: { n: 2 } })]
      await move(theirs.id, mine.id)
      await rejectsWith('SESS_CORRUPT', () => store.load(mine.id), 'a value that was moved here')
      same(await store.load(theirs.id), theirs, 'it opens in its own place')
    },
  },
})

export const configurationCases = caseGroup('configuration', ['options', 'peer'], {
  'of-a-seal': {
    title: 'keys of the wrong length, no keys, and an acceptPlainUntil that is no date are SESS_CONFIG without the key',
    options: sealed,
    async run({ peerWith }) {
      if ((await peerWith(sealed())) === null) return
      const short = randomBytes(31)
      const wrong: unknown[] = [
        { keys: [short] },
        { keys: [first, randomBytes(33)] },
        { keys: [short.toString('base64')] },
        { keys: [] },
        {},
        { keys: [first], acceptPlainUntil: 'soon' },
        { keys: [first], acceptPlainUntil: new Date(Number.NaN) },
      ]
      for (const seal of wrong) {
        const open = async () => await (await peerWith({ seal: seal as never }))?.ping()
        const { message } = await rejectsWith('SESS_CONFIG', open, 'a seal that is wrong')
        holds(!message.includes(short.toString('base64')), 'the message shows no key')
      }
    },
  },
  'of-max-lifetime': {
    title: 'a maxLifetime below ttl, and one that is no duration, are SESS_CONFIG',
    options: () => ({ maxLifetime: '30d', ttl: '24h' }),
    async run({ peerWith }) {
      if ((await peerWith({})) === null) return
      for (const [maxLifetime, ttl] of [
        ['1h', '2h'],
        [0, 1],
        [-1, 1],
        ['soon', '1h'],
      ] as const) {
        const open = async () => await (await peerWith({ maxLifetime, ttl }))?.ping()
        await rejectsWith('SESS_CONFIG', open, `maxLifetime ${maxLifetime} with ttl ${ttl}`)
      }
    },
  },
})

export const idsApartBothWaysCases = caseGroup('ids-apart', ['options', 'peer'], {
  'refuse-whatever-is-asked-first': {
    title: 'a store with hashed ids refuses to work on sessions with plain ones, whatever it is asked first',
    options: () => ({ ids: 'plain' }),
    async run({ store, put, peerWith }) {
      const session = await put({ identity: alice })
      const { capabilities } = store
      const calls: [string, (other: typeof store) => Promise<unknown>][] = [
        ['load', (other) => other.load(session.id)],
        ['save', (other) => other.save({ id: session.id })],
      ]
      if (capabilities.touch) calls.push(['touch', (other) => other.touch(session.id)])
      if (capabilities.identityIndex) calls.push(['listByIdentity', (other) => other.listByIdentity(person)])
      for (const [method, call] of calls) {
        const other = await peerWith({ ids: 'hashed' })
        if (other === null) return
        await rejectsWith('SESS_CONFIG', () => call(other), `${method} with hashed ids on plain ones`)
      }
      same(await store.load(session.handle), null, 'a handle is no id')
      same(await store.load(session.id), session, 'the store goes on')
    },
  },
})
