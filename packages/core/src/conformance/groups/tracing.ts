import type { Identity } from '../../contract/session.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { type CaseContext, caseGroup } from '../conformance-case.ts'
import { fail, holds, same } from '../expectations.ts'
import { alice, all, refOf } from '../samples.ts'
import { showsNoneOf } from '../secrets.ts'
import { recorded, type TraceMessage } from '../trace-recorder.ts'
import { callsOf } from './lifecycle.ts'

const secret = 'secret-in-data-9f2c'
const person: Identity = { ...alice, externalId: 'secret-person-9f2c', email: 'secret-mail-9f2c@example.com' }
const fields = ['batchSize', 'durationMs', 'operation', 'outcome', 'store']
const silent = 'the store publishes nothing on the tracing channel sess:operation'

/** Every method, with secrets wherever it takes any: once as it should be, and once failing. The ids and states come back. */
async function callAll({ store, put, newId, clock }: CaseContext): Promise<string[]> {
  const { capabilities } = store
  const ids: string[] = []
  const attempt = async (call: () => unknown) => {
    try {
      return await call()
    } catch {
      return null // what fails is told of, too
    }
  }
  const session = await put({ identity: person, data: { secret } })
  ids.push(session.id, newId())
  const expiresAt = clock.in(60_000)
  for (const id of ids) {
    await attempt(() => store.load(id))
    await attempt(() => store.exists(id))
    await attempt(() => store.touch(id))
    await attempt(() => store.update(id, ({ data }) => void Object.assign(data, { more: secret })))
    await attempt(() => store.update(id, () => Promise.reject(Object.assign(new Error(secret), { code: secret }))))
    await attempt(() => store.save({ ...session, id, data: { secret } }))
    await attempt(() => store.save({ id, expiresAt, data: { secret, cart: [() => secret] } as never }))
    await attempt(() => store.save({ id: `${id} ${secret}`, expiresAt }))
    const rotated = capabilities.rotate ? ((await attempt(() => store.rotate(id))) as { id: string } | null) : null
    if (rotated) ids.push(rotated.id)
    if (ids.length > 8) break
  }
  if (capabilities.create) ids.push((await store.create({ identity: person, data: { secret } })).id)
  if (capabilities.identityIndex) {
    const [summary] = await store.listByIdentity(refOf(person))
    ids.push(summary?.handle ?? newId())
    await attempt(() => store.deleteByHandle(summary?.handle ?? ''))
    await attempt(() => store.deleteByIdentity(refOf(person), { except: ids[0] ?? '' }))
  }
  if (capabilities.states) {
    const state = await store.putState({ userAgent: secret, data: { verifier: secret } })
    ids.push(state)
    await store.consumeState(state, { userAgent: secret })
    await attempt(() => store.putState({ state: `${state} ${secret}` }))
  }
  if (capabilities.scan) await all(store)
  for (const { call } of callsOf(store)) await attempt(call)
  for (const id of ids) await attempt(() => store.delete(id))
  return ids
}

const ofEvent = (messages: readonly TraceMessage[], event: TraceMessage['event'], operation?: string) =>
  messages.filter((each) => each.event === event && (operation === undefined || each.message.operation === operation))

/** The outcomes of one operation, told once and at its end. */
function outcomesOf(messages: readonly TraceMessage[], operation: string): unknown[] {
  for (const event of ['end', 'asyncStart', 'asyncEnd'] as const) {
    const [began, ended] = [ofEvent(messages, 'start', operation), ofEvent(messages, event, operation)]
    same(ended.length, began.length, `each ${operation} that has a start has an ${event}`)
  }
  const outcomes = ofEvent(messages, 'asyncEnd', operation).map(({ message }) => message.outcome)
  const failed = ofEvent(messages, 'error', operation).length
  same(failed, outcomes.filter((outcome) => outcome !== 'ok').length, `each ${operation} that fails has an error`)
  return outcomes
}

const wrong = Symbol('wrong')

/** Calls that are refused before anything is asked of the backend. */
function refusals(store: SessionStore): [operation: string, call: () => unknown][] {
  const { capabilities } = store
  const calls: [string, boolean, () => unknown][] = [
    ['load', true, () => store.load(wrong as never)],
    ['save', true, () => store.save(wrong as never)],
    ['create', capabilities.create, () => store.create({ ttl: 'never' })],
    ['touch', capabilities.touch, () => store.touch('a', { ttl: 'never' })],
    ['update', capabilities.update, () => store.update('a', wrong as never)],
    ['putState', capabilities.states, () => store.putState({ ttl: 'never' })],
    ['listByIdentity', capabilities.identityIndex, () => store.listByIdentity(wrong as never)],
  ]
  return calls.flatMap(([operation, able, call]) => (able ? [[operation, call]] : []))
}

export const tracingCases = caseGroup('tracing', [], {
  'tells-no-secret': {
    title: 'no message of the tracing channel carries an id, a state, data, a result or an error, of any method',
    async run(context) {
      let ids: string[] = []
      const messages = await recorded(async () => {
        ids = await callAll(context)
      })
      if (messages.length === 0) return silent
      const check = showsNoneOf(ids, [secret, person.externalId, String(person.email)])
      const checked = new Set<object>()
      for (const { event, message, object } of messages) {
        const what = `the ${event} message of ${String(message.operation)}`
        for (const each of checked.has(object) ? [message] : [message, object]) {
          checked.add(each)
          check(each, what)
          const others = Reflect.ownKeys(each).filter((name) => !fields.includes(String(name)))
          same(others, [], `${what} has the fields of the contract and no others`)
        }
      }
      return undefined
    },
  },
  'tells-each-operation-whole': {
    title: 'each operation has one start and one end of each kind, with what came of it, and one that is refused too',
    async run({ store, put }) {
      const session = await put()
      const { id } = session
      const calls = refusals(store)
      const messages = await recorded(async () => {
        await store.load(id)
        await Promise.all([store.exists(id), store.exists(id)])
        await store.delete(id)
        await store.save(session).catch(() => {}) // SESS_GONE
        for (const [, call] of calls) await Promise.allSettled([call()])
      })
      if (messages.length === 0) return silent
      for (const { event, message } of messages) {
        const { store: type, operation, outcome, durationMs, batchSize } = message
        holds(typeof type === 'string' && typeof operation === 'string', `a ${event} names store and operation`)
        if (event !== 'asyncEnd') continue
        holds(typeof outcome === 'string', 'an end tells the outcome')
        holds(typeof durationMs === 'number' && durationMs >= 0, 'an end tells how long it took, in ms')
        holds(batchSize === undefined || Number.isInteger(batchSize), 'a batch size is a whole number')
      }
      const refused = (operation: string) => calls.filter(([name]) => name === operation).map(() => 'failed')
      for (const operation of new Set(['exists', 'delete', 'load', 'save', ...calls.map(([name]) => name)])) {
        const outcomes = outcomesOf(messages, operation)
        const good = { exists: ['ok', 'ok'], delete: ['ok'], load: ['ok'], save: ['SESS_GONE'] }[operation] ?? []
        same(outcomes.slice(0, good.length), good, `what came of each ${operation}`)
        same(outcomes.length, good.length + refused(operation).length, `each ${operation} is told of once`)
        for (const outcome of outcomes.slice(good.length)) {
          if (outcome === 'ok') fail(`a ${operation} that is refused is told as ok`)
        }
      }
      return undefined
    },
  },
  'tells-entries-as-one-operation': {
    title: 'a loop over entries is one operation, however many pages it has, also where it is left early',
    requires: ['scan'],
    async run({ store, put }) {
      await Promise.all(Array.from({ length: 300 }, () => put()))
      const messages = await recorded(async () => {
        same((await all(store)).length, 300, 'all are given')
        for await (const _ of store.entries()) break
      })
      if (messages.length === 0) return silent
      same(outcomesOf(messages, 'entries'), ['ok', 'ok'], 'a loop over entries is one operation')
      same(messages.filter(({ message }) => message.operation !== 'entries').length, 0, 'and nothing else')
      return undefined
    },
  },
})
