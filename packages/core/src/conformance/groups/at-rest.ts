import { caseGroup } from '../conformance-case.ts'
import { differs, fail, holds, same } from '../expectations.ts'
import { alice, hourMs, minuteMs, refOf } from '../samples.ts'

const marker = 'marker-7d31c2'

export const atRestCases = caseGroup('at-rest', ['dump'], {
  'dump-shows-what-is-stored': {
    title: 'the dump of the harness changes with what is stored',
    async run({ put, dump }) {
      const before = await dump()
      await put({ data: { marker } })
      differs(await dump(), before, 'a dump that shows nothing proves nothing')
    },
  },
  'ids-are-hashed': {
    title: 'no id is stored as it is: not in keys, not in rows, not in indexes',
    async run({ store, clock, put, dump }) {
      const session = await put({ identity: alice, data: { n: 1 } })
      const ids = [session.id, (await put()).id]
      const check = async (after: string) => {
        const text = await dump()
        for (const id of ids) holds(!text.includes(id), `after ${after} an id is stored as it is`)
      }
      await check('save')
      await store.save({ ...session, data: { n: 2 } })
      await check('a second save')
      if (store.capabilities.create) {
        ids.push((await store.create({ identity: alice, ttl: hourMs })).id)
        await check('create')
      }
      if (store.capabilities.update) {
        await store.update(session.id, ({ data }) => {
          data.n = 3
        })
        await check('update')
      }
      if (store.capabilities.touch) {
        await store.touch(session.id)
        await check('touch')
      }
      if (store.capabilities.rotate) {
        ids.push((await store.rotate(session.id))?.id ?? fail('a live session can be rotated'))
        await check('rotate')
      }
      if (store.capabilities.identityIndex) {
        await store.deleteByIdentity(refOf(alice), { except: ids.at(-1) ?? '' })
        await check('deleteByIdentity')
      }
      clock.advance(minuteMs)
      for (const id of ids) await store.delete(id)
      await check('delete')
    },
  },
  'no-hash-at-rest-opens-a-session': {
    title: 'nothing that is stored is accepted as an id',
    async run({ store, put, dump }) {
      await put({ identity: alice, data: { n: 1 } })
      const stored = new Set((await dump()).match(/[A-Za-z0-9._~:+/=@-]{16,512}/g))
      for (const token of [...stored].slice(0, 500)) {
        same(await store.load(token), null, 'what is stored is accepted as an id')
      }
    },
  },
  'states-are-hashed': {
    title: 'no state is stored as it is',
    requires: ['states'],
    async run({ store, newId, dump }) {
      const states = [await store.putState({ data: { n: 1 } }), await store.putState({ state: newId() })]
      const text = await dump()
      for (const state of states) holds(!text.includes(state), 'a state is stored as it is')
    },
  },
  'deleted-data-is-removed': {
    title: 'what was deleted, signed out or consumed is stored no more',
    async run({ store, put, dump }) {
      const gone = async (after: string) => {
        holds(!(await dump()).includes(marker), `after ${after} the data is still stored`)
      }
      const session = () => put({ identity: alice, data: { marker } })
      await store.delete((await session()).id)
      await gone('delete')
      if (store.capabilities.identityIndex) {
        await session()
        await store.deleteByIdentity(refOf(alice))
        await gone('deleteByIdentity')
      }
      if (store.capabilities.states) {
        await store.consumeState(await store.putState({ data: { marker } }))
        await gone('consumeState')
      }
      const replaced = await session()
      await store.save({ ...replaced, data: {} })
      await gone('a save that replaced it')
    },
  },
  'cleaned-data-is-removed': {
    title: 'what has expired is stored no more after a clean-up, states included',
    requires: ['cleanExpired'],
    async run({ store, clock, put, dump }) {
      await put({ identity: alice, data: { marker }, expiresAt: clock.in(minuteMs) })
      if (store.capabilities.states) await store.putState({ data: { marker }, ttl: minuteMs })
      clock.advance(minuteMs)
      await store.cleanExpired()
      holds(!(await dump()).includes(marker), 'after a clean-up the data is still stored')
    },
  },
})
