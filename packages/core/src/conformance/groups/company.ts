import type { SessionStore } from '../../contract/session-store.ts'
import { caseGroup } from '../conformance-case.ts'
import { rejectsWith, same } from '../expectations.ts'
import { hourMs, loaded } from '../samples.ts'

/** What travels together is answered apart. */
export const companyCases = caseGroup('races', [], {
  'every-caller-gets-its-own-result': {
    title: 'hundreds of simultaneous calls are each answered with what they asked for',
    async run({ store, put, newId, peer }) {
      const clients = [store, await peer()]
      const client = (n: number) => clients[n % 2] as SessionStore
      const sessions = await Promise.all(Array.from({ length: 200 }, (_, n) => put({ data: { n } })))
      const loads = await Promise.all(sessions.map(({ id }, n) => client(n).load(id)))
      same(loads, sessions, 'each load gives its own session')
      const unknown = await Promise.all(sessions.map((_, n) => client(n).load(newId())))
      same(unknown.filter((session) => session !== null).length, 0, 'each unknown id is null')
      const deletes = await Promise.all(sessions.map(({ id }, n) => client(n).delete(n % 3 === 0 ? newId() : id)))
      same(
        deletes,
        sessions.map((_, n) => n % 3 !== 0),
        'each delete has its own result',
      )
    },
  },
  'sessions-and-states-together': {
    title: 'calls for sessions and for states that travel together are each answered with what they asked for',
    requires: ['states'],
    async run({ store, clock, put, newId }) {
      for (let round = 0; round < 3; round++) {
        const sessions = await Promise.all(Array.from({ length: 8 }, (_, n) => put({ data: { n } })))
        // A state may have the text of an id: they are apart all the same.
        const states = await Promise.all(
          sessions.map(({ id }, n) => store.putState({ state: n % 2 === 0 ? id : newId(), data: { state: n } })),
        )
        const calls = sessions.map((session, n) => [
          n % 2 === 0
            ? store.delete(session.id)
            : store.save({ ...session, data: { saved: n } }).then(({ data }) => data),
          store.consumeState(n % 4 === 3 ? newId() : (states[n] ?? '')).then((consumed) => consumed?.data),
          store.putState({ state: states[n] ?? '', data: { again: n } }),
          store.load(session.id).then((found) => found?.data),
          store.capabilities.touch ? store.touch(session.id, { ttl: hourMs + n }) : null,
          store.exists(session.id),
        ])
        const answers = await Promise.all(calls.map((each) => Promise.all(each)))
        for (const [n, answer] of answers.entries()) {
          const lives = n % 2 === 1
          const expected = [
            lives ? { saved: n } : true,
            n % 4 === 3 ? undefined : { state: n },
            states[n],
            lives ? { saved: n } : undefined,
            lives && store.capabilities.touch ? clock.in(hourMs + n) : null,
            lives,
          ]
          same(answer, expected, 'each call for a session or a state has its own answer')
        }
        const consumed = await Promise.all(states.map((state) => store.consumeState(state)))
        same(
          consumed.map((each) => each?.data),
          states.map((_, n) => ({ again: n })),
          'each state is the one that was put last',
        )
      }
    },
  },
  'one-bad-operation-fails-alone': {
    title: 'beside calls that are refused, all others succeed',
    async run({ store, put }) {
      const gone = await put()
      await store.delete(gone.id)
      const calls = Array.from({ length: 60 }, (_, n) => {
        if (n === 20)
          return rejectsWith('SESS_GONE', () => store.save(gone), 'the save of what is gone').then(() => null)
        if (n === 40) return put({ data: { f: () => 1 } as never }).catch(() => null)
        return put({ data: { n } })
      })
      const results = await Promise.all(calls)
      same(results.filter((result) => result === null).length, 2, 'the two bad calls are refused')
      for (const [n, session] of results.entries()) {
        if (session) same((await loaded(store, session.id)).data, { n }, 'every other call is carried out')
      }
    },
  },
})
