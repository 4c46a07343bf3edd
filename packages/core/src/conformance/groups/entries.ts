import { caseGroup } from '../conformance-case.ts'
import { holds, same } from '../expectations.ts'
import { alice, all, minuteMs, only, withoutSecret } from '../samples.ts'

const many = 700

export const entriesCases = caseGroup('entries', ['scan'], {
  'gives-every-live-session': {
    title: 'each live session once, anonymous or not, with all but its id',
    async run({ store, clock, put }) {
      same(await all(store), [], 'fresh storage has none')
      const anonymous = await put({ data: { n: 1 } })
      const [found] = [only(await all(store), 'entries')]
      same(found, withoutSecret(anonymous), 'an entry is the session without its id')
      holds(!JSON.stringify(found).includes(anonymous.id), 'no field of an entry carries the id')
      await put({ identity: alice })
      await put({ identity: alice, expiresAt: clock.in(minuteMs) })
      same((await all(store)).length, 3, 'anonymous or not, each is there')
      clock.advance(minuteMs)
      same((await all(store)).length, 2, 'an expired session is no entry, cleaned or not')
    },
  },
  'covers-many-pages': {
    title: 'hundreds of sessions are each given once',
    async run({ store, put, peer }) {
      await Promise.all(Array.from({ length: many }, (_, n) => put({ data: { n } })))
      for (const client of new Set([store, await peer()])) {
        const seen = (await all(client)).map(({ data }) => Number(data.n))
        same(
          seen.sort((a, b) => a - b),
          Array.from({ length: many }, (_, n) => n),
          'each session is given once',
        )
      }
    },
  },
  'misses-none-while-others-go': {
    title: 'while sessions are deleted and made, those that stay are all given',
    async run({ store, put, peer }) {
      const other = await peer()
      const sessions = await Promise.all(Array.from({ length: many }, (_, n) => put({ data: { n } })))
      const seen = new Set<unknown>()
      let step = 0
      for await (const { data } of store.entries()) {
        seen.add(data.n)
        const victim = sessions[step * 2 + 1]
        if (victim) await other.delete(victim.id)
        if (step % 10 === 0) await put({ data: { made: step } })
        step++
      }
      const missed = sessions.filter((_, n) => n % 2 === 0 && !seen.has(n))
      same(missed.length, 0, 'a session that stays is given, whatever is deleted meanwhile')
    },
  },
  'can-be-left': {
    title: 'a loop that is left early leaves a store that works',
    async run({ store, put }) {
      await Promise.all(Array.from({ length: many }, () => put()))
      for (let i = 0; i < 5; i++) {
        for await (const _ of store.entries()) break
      }
      same((await all(store)).length, many, 'entries starts anew each time')
      const entries = store.entries()
      await entries.next()
      await entries.return?.()
      same((await entries.next()).done, true, 'after return there is nothing more')
    },
  },
  'leaves-states-out': {
    title: 'a one-time state is no entry',
    requires: ['states'],
    async run({ store }) {
      await store.putState()
      same(await all(store), [], 'states are no entries')
    },
  },
  'gives-fresh-objects': {
    title: 'what the reader does to an entry is stored nowhere',
    async run({ store, put }) {
      const session = await put({ data: { n: 1 } })
      const entry = only(await all(store), 'entries')
      entry.data.n = 2
      entry.expiresAt.setTime(0)
      same(await store.load(session.id), session, 'an entry is not what is stored')
    },
  },
})
