import { caseGroup } from '../conformance-case.ts'
import { rejectsWith, same } from '../expectations.ts'
import { alice, all, dayMs, hourMs, minuteMs, refOf } from '../samples.ts'
import { showsNone } from '../secrets.ts'

const secret = 'secret-in-data-9f2c'

/** One record that cannot be read spoils nothing but itself, and can always be ended. */
export const unreadableCases = caseGroup('unreadable', ['damage'], {
  'is-corrupt-to-those-who-read-it': {
    title: 'load, update and rotate of what is damaged are SESS_CORRUPT, tell no secret and write nothing',
    async run({ store, put, damage }) {
      const { id } = await put({ data: { secret } })
      await damage(id)
      const check = async (method: string, call: () => unknown) => {
        const error = await rejectsWith('SESS_CORRUPT', call, `${method} of what is damaged`)
        showsNone(error, [id], [secret], `the error of ${method}`)
        same((error as { retryable?: unknown }).retryable, false, 'SESS_CORRUPT is not retryable')
      }
      await check('load', () => store.load(id))
      if (store.capabilities.update) await check('update', () => store.update(id, () => {}))
      if (store.capabilities.rotate) await check('rotate', () => store.rotate(id))
      same(await store.exists(id), true, 'what is damaged keeps its id')
    },
  },
  'exists-and-expires': {
    title: 'what is damaged exists, counts, can be touched and expires like any other',
    async run({ store, clock, put, damage }) {
      const { id } = await put({ expiresAt: clock.in(minuteMs) })
      await damage(id)
      same(await store.exists(id), true, 'what is damaged exists')
      if (store.capabilities.count) same(await store.count(), 1, 'what is damaged counts')
      if (store.capabilities.touch) {
        same(await store.touch(id, { ttl: hourMs }), clock.in(hourMs), 'what is damaged can be touched')
      }
      clock.advance(dayMs)
      same(await store.exists(id), false, 'what is damaged expires')
      if (store.capabilities.cleanExpired) same(await store.cleanExpired(), 1, 'what is damaged is cleaned up')
    },
  },
  'can-be-ended': {
    title: 'what is damaged can be deleted, and saved over by hand',
    async run({ store, clock, put, damage }) {
      const [deleted, replaced] = [await put(), await put()]
      await damage(deleted.id)
      await damage(replaced.id)
      same(await store.delete(deleted.id), true, 'what is damaged can be deleted')
      same(await store.exists(deleted.id), false, 'it is gone')
      const input = { id: replaced.id, expiresAt: clock.in(hourMs), data: { n: 1 } }
      same(await store.load(replaced.id).catch(() => 'unreadable'), 'unreadable', 'it is damaged')
      same(await store.save(input), await store.load(replaced.id), 'a save by hand replaces what is damaged')
    },
  },
  'state-is-corrupt-and-burnt': {
    title: 'a damaged state is SESS_CORRUPT to who consumes it, tells no secret, and is burnt',
    requires: ['states'],
    async run({ store, damage }) {
      const [state, other] = [await store.putState({ data: { secret } }), await store.putState({ data: { n: 1 } })]
      await damage(state)
      const error = await rejectsWith(
        'SESS_CORRUPT',
        () => store.consumeState(state),
        'consumeState of what is damaged',
      )
      showsNone(error, [state], [secret], 'the error of consumeState')
      same(await store.consumeState(state), null, 'any attempt burns the state')
      same((await store.consumeState(other))?.data, { n: 1 }, 'another state is untouched')
    },
  },
  'spoils-no-list': {
    title: 'listByIdentity and entries leave it out, and give all others',
    requires: ['identityIndex'],
    async run({ store, put, damage }) {
      const sessions = await Promise.all(Array.from({ length: 5 }, (_, n) => put({ identity: alice, data: { n } })))
      await damage(sessions[2]?.id ?? '')
      const numbers = (list: readonly { data: { n?: unknown } }[]) => list.map(({ data }) => data.n).sort()
      same(numbers(await store.listByIdentity(refOf(alice))), [0, 1, 3, 4], 'a list gives all that can be read')
      if (store.capabilities.scan) same(numbers(await all(store)), [0, 1, 3, 4], 'entries gives all that can be read')
    },
  },
  'spoils-no-sign-out': {
    title: 'signing out everywhere ends it with the others',
    requires: ['identityIndex'],
    async run({ store, put, damage }) {
      const [one, damaged, kept] = [await put({ identity: alice }), await put({ identity: alice }), await put()]
      await damage(damaged.id)
      same(await store.deleteByIdentity(refOf(alice)), 2, 'signing out everywhere counts what is damaged')
      for (const { id } of [one, damaged]) same(await store.exists(id), false, 'signing out everywhere ends both')
      same(await store.load(kept.id), kept, 'others stay')
    },
  },
  'spoils-nothing-beside-it': {
    title: 'calls that travel with a load of it succeed',
    async run({ store, put, damage }) {
      const sessions = await Promise.all(Array.from({ length: 6 }, (_, n) => put({ data: { n } })))
      await damage(sessions[3]?.id ?? '')
      const outcomes = await Promise.allSettled(sessions.map(({ id }) => store.load(id)))
      const answers = outcomes.map((each) => (each.status === 'fulfilled' ? each.value : 'rejected'))
      same(
        answers,
        sessions.map((session, n) => (n === 3 ? 'rejected' : session)),
        'each load has its own answer',
      )
    },
  },
})
