import type { Session } from '../../contract/session.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { type CaseContext, caseGroup } from '../conformance-case.ts'
import { fail, holds, same } from '../expectations.ts'
import { race, value, valueOr } from '../race.ts'
import { dayMs, hourMs, idsInOrder, loaded, minuteMs } from '../samples.ts'
import { raceOf, remove, save, touch, update } from '../session-race.ts'

const taken = 'taken'.padEnd(43, '0')

async function stayedDeleted({ store, peer }: CaseContext, { id }: Session): Promise<void> {
  same(await store.load(id), null, 'a delete is final, whatever ran beside it')
  same(await (await peer()).exists(id), false, 'a delete is final on every client')
}

export const raceCases = caseGroup('races', [], {
  'save-and-delete': {
    title: 'a save beside a delete never brings the session back',
    run: raceOf(save, remove, async ([saved, deleted], session, context) => {
      valueOr(saved, 'SESS_GONE', 'a save beside a delete')
      same(value(deleted, 'a delete beside a save'), true, 'the delete finds the session')
      await stayedDeleted(context, session)
    }),
  },
  'touch-and-delete': {
    title: 'a touch beside a delete never brings the session back',
    requires: ['touch'],
    run: raceOf(touch, remove, async ([touched, deleted], session, context) => {
      value(touched, 'a touch beside a delete')
      same(value(deleted, 'a delete beside a touch'), true, 'the delete finds the session')
      await stayedDeleted(context, session)
    }),
  },
  'update-and-delete': {
    title: 'an update beside a delete never brings the session back',
    requires: ['update'],
    run: raceOf(update, remove, async ([updated, deleted], session, context) => {
      value(updated, 'an update beside a delete')
      same(value(deleted, 'a delete beside an update'), true, 'the delete finds the session')
      await stayedDeleted(context, session)
    }),
  },
  'delete-and-delete': {
    title: 'of two deletes one is true',
    run: raceOf(remove, remove, async ([first, second], session, context) => {
      const trues = [value(first, 'a delete'), value(second, 'a delete')].filter(Boolean).length
      same(trues, 1, 'one of two deletes removed the session')
      await stayedDeleted(context, session)
    }),
  },
  'load-and-delete': {
    title: 'a load beside a delete leaves no copy behind that answers later',
    run: raceOf(
      (store, { id }) => store.load(id),
      remove,
      async ([seen, deleted], session, context) => {
        const found = value(seen, 'a load beside a delete')
        if (found) same(found, session, 'a load gives the session or null')
        same(value(deleted, 'a delete beside a load'), true, 'the delete finds the session')
        await stayedDeleted(context, session)
      },
    ),
  },
  'touch-and-save': {
    title: 'a touch beside a save loses no data',
    requires: ['touch'],
    run: raceOf(touch, save, async ([touched, saved], session, { store, clock }) => {
      same(value(touched, 'a touch beside a save'), clock.in(dayMs), 'the touch finds the session')
      value(saved, 'a save beside a touch')
      const { data, expiresAt } = await loaded(store, session.id)
      same(data, { n: 0, saved: true }, 'a touch beside a save rewrites no data')
      const either = [clock.in(dayMs).getTime(), session.expiresAt.getTime()]
      holds(either.includes(expiresAt.getTime()), 'the expiry is that of the touch or of the save')
    }),
  },
  'touch-and-update': {
    title: 'of a touch and an update neither is lost',
    requires: ['touch', 'update'],
    run: raceOf(touch, update, async ([touched, updated], session, { store, clock }) => {
      same(value(touched, 'a touch beside an update'), clock.in(dayMs), 'the touch finds the session')
      value(updated, 'an update beside a touch')
      const { data, expiresAt } = await loaded(store, session.id)
      same(data, { n: 0, updated: true }, 'a touch beside an update rewrites no data')
      same(expiresAt, clock.in(dayMs), 'an update does not take back the time that a touch gave')
    }),
  },
  'update-and-save': {
    title: 'a save beside an update comes before it or after it, and is not lost',
    requires: ['update'],
    run: raceOf(update, save, async ([updated, saved], session, { store }) => {
      value(updated, 'an update beside a save')
      value(saved, 'a save beside an update')
      const { data } = await loaded(store, session.id)
      same(data.saved, true, 'an update does not undo a save that ran beside it')
    }),
  },
  'update-and-update': {
    title: 'a hundred updates from two clients all count',
    requires: ['update'],
    async run({ store, put, peer }) {
      const clients = [store, await peer()]
      const { id } = await put({ data: { n: 0 } })
      const increment = async (client: SessionStore): Promise<unknown> => {
        for (let tries = 0; tries < 200; tries++) {
          try {
            const updated = await client.update(id, async ({ data }) => {
              await Promise.resolve()
              data.n = Number(data.n) + 1
            })
            return updated?.data.n
          } catch (error) {
            if ((error as { code?: unknown }).code !== 'SESS_CONFLICT') throw error
          }
        }
        fail('an update that is tried again and again gets through')
      }
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, n) => increment(clients[n % 2] as SessionStore)),
      )
      same((await loaded(store, id)).data, { n: 100 }, 'no update is lost')
      const numbers = results.map(Number).sort((a, b) => a - b)
      same(
        numbers,
        Array.from({ length: 100 }, (_, n) => n + 1),
        'each update resolves with its own result',
      )
    },
  },
  'first-saves': {
    title: 'two first saves under one id both resolve, and one of them is stored whole',
    async run({ store, clock, newId, peer }) {
      const other = await peer()
      await race(async (start) => {
        const id = newId()
        const input = (n: number) => ({ id, expiresAt: clock.in(n * hourMs), data: { n } })
        const [one, two] = await start(
          () => store.save(input(1)),
          () => other.save(input(2)),
        )
        const saved = [value(one, 'a first save'), value(two, 'a first save')]
        const stored = await loaded(store, id)
        same(stored, stored.data.n === 1 ? saved[0] : saved[1], 'one of the two is stored whole')
      })
    },
  },
  'consume-and-consume': {
    title: 'of any number of simultaneous callers one gets the state',
    requires: ['states'],
    async run({ store, peer }) {
      const clients = [store, await peer()]
      for (let round = 0; round < 24; round++) {
        const state = await store.putState({ data: { round } })
        const callers = Array.from({ length: 12 }, async (_, n) => {
          if (round % 3 === 1) await Promise.resolve()
          if (round % 3 === 2 && n % 4 > 1) await new Promise((resolve) => setImmediate(resolve))
          return await (clients[n % 2] as SessionStore).consumeState(state)
        })
        const winners = (await Promise.all(callers)).filter((consumed) => consumed !== null)
        same(winners.length, 1, 'exactly one of the simultaneous callers gets the state')
        same(winners[0]?.data, { round }, 'the winner gets the data')
      }
    },
  },
  'consume-with-right-and-wrong-user-agent': {
    title: 'beside a wrong User-Agent at most the right one gets the state, and it is burnt',
    requires: ['states'],
    async run({ store, peer }) {
      const other = await peer()
      await race(async (start) => {
        const state = await store.putState({ userAgent: 'right', data: { n: 1 } })
        const [right, wrong] = await start(
          () => store.consumeState(state, { userAgent: 'right' }),
          () => other.consumeState(state, { userAgent: 'wrong' }),
        )
        same(value(wrong, 'a wrong User-Agent'), null, 'a wrong User-Agent never gets the state')
        const got = value(right, 'the right User-Agent')
        if (got) same(got.data, { n: 1 }, 'the right User-Agent gets the data')
        same(await other.consumeState(state, { userAgent: 'right' }), null, 'any attempt burns the state')
      })
    },
  },
  'create-and-create': {
    title: 'of two creates that draw one id, one gets it and the other draws again',
    requires: ['create', 'options'],
    options: () => ({ generateId: idsInOrder(...Array.from({ length: 2 }, () => taken)) }),
    async run({ store, peer }) {
      const other = await peer()
      const both = await Promise.all([store.create({ data: { n: 1 } }), other.create({ data: { n: 2 } })])
      same(both.filter(({ id }) => id === taken).length, 1, 'one of the two gets the id')
      for (const session of both) same(await store.load(session.id), session, 'neither overwrites the other')
    },
  },
  'create-and-create-on-one-id': {
    title: 'where every id drawn is the same, one create gets it and the other ends in SESS_COLLISION',
    requires: ['create', 'options'],
    options: () => ({ generateId: () => taken }),
    async run({ store, peer }) {
      const other = await peer()
      await race(async (start) => {
        const outcomes = await start(
          () => store.create({ data: { n: 1 } }),
          () => other.create({ data: { n: 2 } }),
        )
        const made = outcomes.map((outcome) => valueOr(outcome, 'SESS_COLLISION', 'a create')).filter(Boolean)
        same(made.length, 1, 'one of two creates gets the id')
        same(await store.load(taken), made[0], 'the one that got it is stored')
        await store.delete(taken)
      })
    },
  },
  'clean-and-save': {
    title: 'a clean-up beside saves over expired ids removes none of the new sessions',
    requires: ['cleanExpired'],
    async run({ store, clock, put, peer }) {
      const other = await peer()
      for (let round = 0; round < 5; round++) {
        const expired = await Promise.all(Array.from({ length: 40 }, () => put({ expiresAt: clock.in(minuteMs) })))
        clock.advance(minuteMs)
        const cleaning = [store.cleanExpired(), other.cleanExpired()]
        await Promise.all([...cleaning, ...expired.map(({ id }) => put({ id, data: { anew: true } }))])
        for (const { id } of expired) {
          same(
            (await loaded(store, id, 'a clean-up spares what is live')).data,
            { anew: true },
            'the new session stays',
          )
        }
      }
    },
  },
})
