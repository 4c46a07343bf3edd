import { caseGroup } from '../conformance-case.ts'
import { same } from '../expectations.ts'
import { alice, dayMs, hourMs, loaded, refOf } from '../samples.ts'

export const orderingCases = caseGroup('ordering', [], {
  'save-then-load': {
    title: 'a load issued after a save sees it, awaited or not',
    async run({ store, clock, newId }) {
      const id = newId()
      const saving = store.save({ id, expiresAt: clock.in(hourMs), data: { n: 1 } })
      const loading = store.load(id)
      const existing = store.exists(id)
      same(await loading, await saving, 'a load issued after a save sees it')
      same(await existing, true, 'exists issued after a save sees it')
    },
  },
  'load-then-save': {
    title: 'a load issued before a save does not see it',
    async run({ store, put }) {
      const before = await put({ data: { n: 1 } })
      const loading = store.load(before.id)
      const saving = store.save({ ...before, data: { n: 2 } })
      const after = store.load(before.id)
      same(await loading, before, 'a load issued before a save does not see it')
      same(await after, await saving, 'a load issued after it does')
    },
  },
  'delete-then-save-by-hand': {
    title: 'a save by hand issued after a delete stays',
    async run({ store, clock, put }) {
      for (let round = 0; round < 20; round++) {
        const { id } = await put({ identity: alice, data: { n: 1 } })
        const deleting = store.delete(id)
        const saving = store.save({ id, expiresAt: clock.in(hourMs), data: { n: 2 } })
        same(await deleting, true, 'the delete finds the session')
        same(await store.load(id), await saving, 'a save by hand issued after a delete stays')
      }
    },
  },
  'save-then-delete': {
    title: 'a delete issued after a save is final',
    async run({ store, clock, newId, put }) {
      for (let round = 0; round < 20; round++) {
        const id = newId()
        const saving = store.save({ id, expiresAt: clock.in(hourMs) })
        const deleting = store.delete(id)
        await saving
        same(await deleting, true, 'a delete issued after a save finds it')
        same(await store.load(id), null, 'a delete issued after a save is final')
        const session = await put()
        const results = [store.save({ ...session, data: { n: 2 } }), store.delete(session.id), store.load(session.id)]
        same(
          (await Promise.all(results)).slice(1),
          [true, null],
          'versioned save, delete and load take effect in order',
        )
      }
    },
  },
  'delete-then-versioned-save': {
    title: 'a versioned save issued after a delete is refused',
    async run({ store, put }) {
      const session = await put()
      const deleting = store.delete(session.id)
      const saving = store.save(session).then(
        () => 'saved',
        (error: unknown) => (error as { code?: unknown }).code,
      )
      same([await deleting, await saving], [true, 'SESS_GONE'], 'delete and versioned save take effect in order')
      same(await store.load(session.id), null, 'the session stays deleted')
    },
  },
  'many-saves': {
    title: 'of many saves issued in a row the last is stored',
    async run({ store, clock, newId }) {
      const ids = [newId(), newId(), newId()]
      const saves: Promise<unknown>[] = []
      for (let n = 0; n < 60; n++) {
        for (const id of ids) saves.push(store.save({ id, expiresAt: clock.in(hourMs), data: { n } }))
      }
      const loads = ids.map((id) => store.load(id))
      await Promise.all(saves)
      for (const session of await Promise.all(loads)) same(session?.data, { n: 59 }, 'the load sees the last save')
      for (const id of ids) same((await loaded(store, id)).data, { n: 59 }, 'the last save is stored')
    },
  },
  'touch-between-saves': {
    title: 'touches take their turn among saves',
    requires: ['touch'],
    async run({ store, clock, put }) {
      const session = await put()
      const all = [
        store.touch(session.id, { ttl: dayMs }),
        store.load(session.id),
        store.save({ ...session, data: { n: 2 } }),
        store.load(session.id),
        store.touch(session.id, { ttl: 2 * dayMs }),
        store.load(session.id),
        store.delete(session.id),
        store.touch(session.id),
      ] as const
      const [touched, first, , second, , third, , last] = await Promise.all(all)
      same(touched, clock.in(dayMs), 'the first touch')
      same(first?.expiresAt, clock.in(dayMs), 'a load after a touch sees it')
      same([second?.expiresAt, second?.data], [session.expiresAt, { n: 2 }], 'a load after a save sees it')
      same([third?.expiresAt, third?.data], [clock.in(2 * dayMs), { n: 2 }], 'a load after save and touch sees both')
      same(last, null, 'a touch after a delete is null')
    },
  },
  'updates-take-their-turn': {
    title: 'updates issued in a row each see the one before, and what follows sees them all',
    requires: ['update'],
    async run({ store, put }) {
      const session = await put({ data: { n: 0 } })
      const seen: unknown[] = []
      const updates = Array.from({ length: 10 }, () =>
        store.update(session.id, ({ data }) => {
          seen.push(data.n)
          data.n = Number(data.n) + 1
        }),
      )
      const loading = store.load(session.id)
      const deleting = store.delete(session.id)
      const results = (await Promise.all(updates)).map((updated) => updated?.data.n)
      same(results, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 'updates take effect in the order in which they were issued')
      same((await loading)?.data, { n: 10 }, 'a load issued after updates sees them all')
      same(await deleting, true, 'a delete issued after updates comes after them')
      same(await store.load(session.id), null, 'and is final')
      same(new Set(seen).size, 10, 'each value was seen by one change')
    },
  },
  'save-after-update': {
    title: 'a save issued after an update has the last word',
    requires: ['update'],
    async run({ store, put }) {
      const session = await put({ data: { n: 1 } })
      const updating = store.update(session.id, ({ data }) => {
        data.updated = true
      })
      const saving = store.save({ ...session, data: { saved: true } })
      same((await updating)?.data, { n: 1, updated: true }, 'the update comes first')
      same(await store.load(session.id), await saving, 'a save issued after an update has the last word')
    },
  },
  'rotate-then-old-id': {
    title: 'what is issued for the old id after a rotation finds nothing',
    requires: ['rotate'],
    async run({ store, put }) {
      const session = await put({ identity: alice, data: { n: 1 } })
      const saving = store.save({ ...session, data: { n: 2 } })
      const rotating = store.rotate(session.id)
      const rest = [
        store.load(session.id),
        store.exists(session.id),
        store.delete(session.id),
        store.rotate(session.id),
      ]
      await saving
      const rotated = await rotating
      same(rotated?.data, { n: 2 }, 'a rotation issued after a save carries what was saved')
      same(await Promise.all(rest), [null, false, false, null], 'after a rotation the old id finds nothing')
      if (store.capabilities.identityIndex) {
        same((await store.listByIdentity(refOf(alice))).length, 1, 'the session is there once')
      }
    },
  },
  'states-take-their-turn': {
    title: 'a state put, consumed, put again and consumed goes in that order',
    requires: ['states'],
    async run({ store, newId }) {
      const state = newId()
      const put = (n: number) => store.putState({ state, data: { n } })
      const consume = async () => (await store.consumeState(state))?.data ?? null
      const [, first, none, , second] = await Promise.all([put(1), consume(), consume(), put(2), consume()])
      same(
        [first, none, second],
        [{ n: 1 }, null, { n: 2 }],
        'states take effect in the order in which they were issued',
      )
    },
  },
})
