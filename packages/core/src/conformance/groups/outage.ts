import { caseGroup } from '../conformance-case.ts'
import { describeError, fail, holds, isError, same } from '../expectations.ts'
import { alice, bob, loaded } from '../samples.ts'
import { showsNone } from '../secrets.ts'
import { within } from '../time-limit.ts'
import { unhandledOf, unheard } from '../unhandled-rejections.ts'
import { callsOf } from './lifecycle.ts'

const timeoutMs = 1_500
/** The default `timeoutMs` of a store that does not take the one of the case, and room for a busy machine. */
const boundMs = 12_000

/** An outage has an end in real time: asks until the store answers again. */
async function recovered<T>(limitMs: number, ask: () => Promise<T>): Promise<T> {
  const giveUp = Date.now() + limitMs / 3
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (Date.now() > giveUp) fail(`after an outage the same store works again, but: ${describeError(error)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

function isOutage(error: unknown, what: string): void {
  holds(isError(error), `${what} during an outage rejects with an Error`)
  const { code, retryable } = error as { code?: unknown; retryable?: unknown }
  holds(
    code === 'SESS_UNAVAILABLE' || code === 'SESS_TIMEOUT',
    `${what} during an outage is SESS_UNAVAILABLE or SESS_TIMEOUT, got ${describeError(error)}`,
  )
  same(retryable, true, `${what} during an outage is retryable`)
}

export const outageCases = caseGroup('outage', ['outage'], {
  'is-an-error-and-never-an-answer': {
    title: 'with the backend down every method rejects in bounded time, and afterwards the same store works',
    options: () => ({ timeoutMs }),
    async run({ store, put, outage, limitMs }) {
      // Not of the person whom one of the calls signs out: that may still take effect when the backend is back.
      const session = await put({ identity: bob, data: { n: 1 } })
      const { end } = await outage()
      try {
        const calls = callsOf(store).map(async ({ method, call }) => {
          const answer = within(boundMs, Promise.resolve(call()), `${method} during an outage`)
          const [outcome] = await Promise.allSettled([answer])
          if (outcome.status === 'fulfilled') fail(`${method} during an outage is an error, and never an answer`)
          isOutage(outcome.reason, method)
        })
        const failed = (await Promise.allSettled(calls)).find((outcome) => outcome.status === 'rejected')
        if (failed) throw failed.reason
      } finally {
        await end()
      }
      same(
        (await recovered(limitMs, () => store.load(session.id)))?.data,
        { n: 1 },
        'what was stored outlives the outage',
      )
      const saved = await recovered(limitMs, () => store.save({ ...session, data: { n: 2 } }))
      same(await loaded(store, session.id), saved, 'after an outage the same store writes again')
    },
  },
  'does-not-poison-a-new-store': {
    title: 'a store whose first use falls into an outage works when it is over',
    options: () => ({ timeoutMs }),
    async run({ store, outage, put, newId, limitMs }) {
      const { end } = await outage()
      try {
        const [outcome] = await Promise.allSettled([within(boundMs, store.load(newId()), 'the first load')])
        if (outcome.status === 'fulfilled') fail('the first load during an outage is an error')
        isOutage(outcome.reason, 'the first load')
      } finally {
        await end()
      }
      const session = await recovered(limitMs, () => put({ data: { n: 1 } }))
      same(await store.load(session.id), session, 'a store whose first use failed works afterwards')
    },
  },
  'tells-no-secret': {
    title: 'the error of an outage shows no id and no data, whichever the method',
    options: () => ({ timeoutMs }),
    async run({ store, put, outage, newId }) {
      const { capabilities } = store
      const session = await put({ identity: alice, data: { n: 1 } })
      const [state, secret] = [newId(), 'secret-9f2c']
      const person = { providerId: secret, externalId: secret, attributes: {} }
      const calls: [method: string, able: boolean, call: () => Promise<unknown>][] = [
        ['save', true, () => store.save({ ...session, identity: person, data: { secret } })],
        ['load', true, () => store.load(session.id)],
        ['delete', true, () => store.delete(session.id)],
        ['create', capabilities.create, () => store.create({ identity: person, data: { secret } })],
        ['touch', capabilities.touch, () => store.touch(session.id)],
        ['update', capabilities.update, () => store.update(session.id, () => {})],
        ['rotate', capabilities.rotate, () => store.rotate(session.id)],
        ['listByIdentity', capabilities.identityIndex, () => store.listByIdentity(person)],
        ['deleteByIdentity', capabilities.identityIndex, () => store.deleteByIdentity(person, { except: session.id })],
        ['putState', capabilities.states, () => store.putState({ state, userAgent: secret, data: { secret } })],
        ['consumeState', capabilities.states, () => store.consumeState(state, { userAgent: secret })],
      ]
      const { end } = await outage()
      try {
        const able = calls.filter(([, isAble]) => isAble)
        const answers = able.map(([method, , call]) => within(boundMs, call(), `${method} during an outage`))
        for (const [n, outcome] of (await Promise.allSettled(answers)).entries()) {
          const [method] = able[n] ?? ['']
          if (outcome.status === 'fulfilled') fail(`${method} during an outage is an error`)
          showsNone(outcome.reason, [session.id, state], [secret], `the error of ${method} during an outage`)
        }
      } finally {
        await end()
      }
    },
  },
  'is-unhandled-where-nobody-awaits': {
    title: 'a call that fails in an outage and that nobody awaits is an unhandled rejection, whichever the method',
    options: () => ({ timeoutMs }),
    async run({ store, bare, put, outage }) {
      await put()
      const { end } = await outage()
      try {
        const calls = callsOf(bare)
        const heard = await unhandledOf(calls, async () => {
          const twins = callsOf(store).map(({ method, call }) => within(boundMs, Promise.resolve(call()), method))
          await Promise.allSettled(twins)
        })
        if (heard === undefined) return unheard
        const swallowed = calls.map(({ method }) => method).filter((method) => !heard.has(method))
        same(swallowed, [], 'an error that nobody awaits is swallowed')
        return undefined
      } finally {
        await end()
      }
    },
  },
  'close-is-bounded': {
    title: 'close resolves in bounded time with the backend down',
    options: () => ({ timeoutMs }),
    async run({ store, put, outage }) {
      await put()
      const { end } = await outage()
      try {
        const waiting = put().catch(() => {})
        await within(boundMs, store.close(), 'close during an outage')
        await within(boundMs, waiting, 'a save that was under way')
      } finally {
        await end()
      }
    },
  },
})
