import { caseGroup } from '../conformance-case.ts'
import { fail, holds, rejectsWith, rejectsWithTypeError, same } from '../expectations.ts'
import { badDurations, holdsToken, malformedIds, minuteMs, notStrings } from '../samples.ts'

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const pkce = { verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', returnTo: '/cart?a=1&b=%20' }

export const stateCases = caseGroup('states', ['states'], {
  'is-given-out-once': {
    title: 'a state gives its data and createdAt to the first who asks, and null to the next',
    async run({ store, clock, peer }) {
      const state = await store.putState({ data: pkce })
      const createdAt = clock.in(0)
      clock.advance(1_000)
      const other = await peer()
      same(await other.consumeState(state), { data: pkce, createdAt }, 'a state gives out its data and createdAt')
      same(await store.consumeState(state), null, 'a state is given out once')
      same(await other.consumeState(state), null, 'a state is given out once, on every client')
    },
  },
  'is-made-by-the-store': {
    title: 'without a text of its own a state has 256 random bits',
    async run({ store }) {
      const states = await Promise.all(Array.from({ length: 50 }, () => store.putState()))
      for (const state of states) holdsToken(state)
      same(new Set(states).size, 50, 'no state is given out twice')
      same((await store.consumeState(states[0] ?? ''))?.data, {}, 'data is {} when absent')
    },
  },
  'may-be-made-by-the-caller': {
    title: 'a state with a text of its own resolves with that text',
    async run({ store, newId }) {
      const state = newId()
      same(await store.putState({ state, data: { n: 1 } }), state, "putState resolves with the caller's state")
      same((await store.consumeState(state))?.data, { n: 1 }, "the caller's state can be consumed")
    },
  },
  'put-again-replaces': {
    title: 'putting a state that is stored replaces it, User-Agent and expiry included',
    async run({ store, clock, newId }) {
      const state = newId()
      await store.putState({ state, data: { n: 1 }, userAgent: firefox, ttl: minuteMs })
      await store.putState({ state, data: { n: 2 }, ttl: 2 * minuteMs })
      clock.advance(minuteMs)
      same((await store.consumeState(state))?.data, { n: 2 }, 'the later state replaces the earlier')
      same(await store.consumeState(state), null, 'and is given out once')
    },
  },
  'unknown-or-malformed-is-null': {
    title: 'a state that was never put is null, whatever it looks like',
    async run({ store, newId }) {
      const state = await store.putState()
      for (const [what, text] of [['unknown', newId()], ...malformedIds]) {
        same(await store.consumeState(text ?? ''), null, `a state that is ${what} is null`)
      }
      holds((await store.consumeState(state)) !== null, 'no such attempt touches another state')
      for (const text of notStrings) {
        await rejectsWithTypeError(() => store.consumeState(text as never), 'a state that is no string')
      }
    },
  },
  'expires-after-ten-minutes': {
    title: 'without a ttl a state lives for 10 minutes',
    async run({ store, clock }) {
      const [early, late] = [await store.putState(), await store.putState()]
      clock.advance(10 * minuteMs - 1)
      holds((await store.consumeState(early)) !== null, 'just before 10 minutes a state is live')
      clock.advance(1)
      same(await store.consumeState(late), null, 'at 10 minutes a state is gone')
    },
  },
  'expires-after-its-ttl': {
    title: 'from its expiry on a state is absent, cleaned or not',
    async run({ store, clock }) {
      const put = () => store.putState({ ttl: '90s' })
      const [early, late, cleaned] = [await put(), await put(), await put()]
      clock.advance(89_999)
      holds((await store.consumeState(early)) !== null, 'one millisecond before its expiry a state is live')
      clock.advance(1)
      same(await store.consumeState(late), null, 'at its expiry a state is absent')
      if (store.capabilities.cleanExpired) await store.cleanExpired()
      same(await store.consumeState(cleaned), null, 'after a clean-up a state is absent')
    },
  },
  'is-bound-to-its-user-agent': {
    title: 'a state put with a User-Agent is given to the same one alone',
    async run({ store }) {
      for (const userAgent of [firefox, 'curl/8', 'ü😀', 'a'.repeat(8_192), "';--"]) {
        const state = await store.putState({ userAgent, data: pkce })
        same((await store.consumeState(state, { userAgent }))?.data, pkce, 'the same User-Agent gets the state')
      }
    },
  },
  'wrong-user-agent-burns': {
    title: 'another User-Agent, or none, gets null, and burns the state for everybody',
    async run({ store }) {
      const others = [`${firefox} `, firefox.toLowerCase(), firefox.slice(0, -1), '', 'curl/8', undefined]
      for (const userAgent of others) {
        const state = await store.putState({ userAgent: firefox })
        const options = userAgent === undefined ? undefined : { userAgent }
        same(await store.consumeState(state, options), null, 'a wrong User-Agent does not get the state')
        same(await store.consumeState(state, { userAgent: firefox }), null, 'a wrong User-Agent burns the state')
      }
    },
  },
  'unbound-goes-to-anyone': {
    title: 'a state put without a User-Agent is given to any',
    async run({ store }) {
      const state = await store.putState({ data: pkce })
      same((await store.consumeState(state, { userAgent: firefox }))?.data, pkce, 'an unbound state goes to anyone')
    },
  },
  'is-no-session': {
    title: 'states and sessions are kept apart, even under one text',
    async run({ store, put, newId }) {
      const text = newId()
      await store.putState({ state: text, data: { state: 1 } })
      same(await store.load(text), null, 'a state does not load as a session')
      same(await store.exists(text), false, 'a state does not exist as a session')
      same(await store.delete(text), false, 'a state is not deleted as a session')
      const session = await put({ id: text, data: { session: 1 } })
      same(
        (await store.consumeState(text))?.data,
        { state: 1 },
        'a session of the same text does not replace the state',
      )
      same(await store.consumeState(text), null, 'a session is not consumed as a state')
      same(await store.load(text), session, 'consuming a state leaves the session of the same text')
    },
  },
  'data-is-kept-exactly': {
    title: 'the data of a state is kept, or refused with the path of the value',
    async run({ store, newId }) {
      const data = { s: 'a\0b\ud800"\'$1?%\\😀', n: -0, list: [[], {}, null, 1e308], '': { '😀': true } }
      same(
        (await store.consumeState(await store.putState({ data })))?.data,
        data,
        'the data of a state is kept exactly',
      )
      const state = newId()
      const call = () => store.putState({ state, data: { cart: [{ when: new Date(0) }] } as never })
      const error = await rejectsWith('SESS_NOT_SERIALIZABLE', call, 'a Date in the data of a state').catch(() => null)
      if (error) {
        holds(error.message.includes('data.cart[0].when'), 'the error names the path of the value')
        same(await store.consumeState(state), null, 'a refused state is not stored')
      } else {
        const consumed = (await store.consumeState(state)) ?? fail('a Date is refused, or kept as a Date')
        same(consumed.data, { cart: [{ when: new Date(0) }] }, 'a Date is refused, or kept as a Date')
      }
    },
  },
  'wrong-arguments-are-type-errors': {
    title: 'a ttl that is no duration, a state or User-Agent that is no text, is a TypeError',
    async run({ store }) {
      for (const ttl of badDurations) {
        await rejectsWithTypeError(() => store.putState({ ttl: ttl as never }), 'a ttl that is no duration')
      }
      for (const state of [null, 1, {}, '']) {
        await rejectsWithTypeError(() => store.putState({ state: state as never }), 'a state that is no text')
      }
      await rejectsWithTypeError(() => store.putState({ userAgent: 1 as never }), 'a User-Agent that is no string')
      const state = await store.putState()
      const call = () => store.consumeState(state, { userAgent: 1 as never })
      await rejectsWithTypeError(call, 'a User-Agent that is no string')
    },
  },
})
