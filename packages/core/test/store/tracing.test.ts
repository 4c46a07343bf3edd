import { tracingChannel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import type { OperationTrace } from '../../src/store/tracing.ts'
import { everyMethod, person, type Surroundings, secretAgent, secretData, surroundingsOf } from './every-method.ts'
import { MapBackend } from './map-backend.ts'

const channel = tracingChannel<OperationTrace>('sess:operation')
/** Every message as it was when it was published, and with all that it has got since. */
let messages: { event: string; trace: OperationTrace; asPublished: OperationTrace }[]
const hear = (event: string) => (trace: OperationTrace) =>
  void messages.push({ event, trace, asPublished: { ...trace } })
const subscriber = {
  start: hear('start'),
  end: hear('end'),
  asyncStart: hear('asyncStart'),
  asyncEnd: hear('asyncEnd'),
  error: hear('error'),
}

let backend: MapBackend
let store: SessionStore
let surroundings: Surroundings

beforeEach(async () => {
  backend = new MapBackend()
  store = createSessionStore(backend)
  surroundings = await surroundingsOf(store)
  messages = []
  channel.subscribe(subscriber)
})
afterEach(() => {
  channel.unsubscribe(subscriber)
})

const events = () => messages.map(({ event }) => event)
const fields = new Set(['store', 'operation', 'outcome', 'batchSize', 'durationMs'])

/** Holds all messages against all that must not be in them. */
function expectNoSecrets(result: unknown): void {
  const { session, handle, state } = surroundings
  const secrets = [session.id, handle, state, person.externalId, secretData.note, secretAgent, session.version]
  if (typeof result === 'string') secrets.push(result)
  const { id } = (result ?? {}) as { id?: unknown }
  if (typeof id === 'string') secrets.push(id)
  const text = inspect(messages, { depth: 20, maxStringLength: null })
  for (const secret of secrets) expect(text).not.toContain(secret)
  for (const { trace, asPublished } of messages) {
    for (const key of [...Object.keys(trace), ...Object.keys(asPublished)]) expect(fields).toContain(key)
  }
}

describe.each(Object.entries(everyMethod).filter(([name]) => name !== 'entries'))('a trace of %s', (name, call) => {
  it('tells of its start, its end and its outcome, and of nothing secret', async () => {
    const result = await call(surroundings)
    expect(events()).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(messages[0]?.asPublished).toEqual({ store: 'map', operation: name })
    expect(messages[3]?.asPublished).toMatchObject({ store: 'map', operation: name, outcome: 'ok' })
    expect(messages[3]?.asPublished.durationMs).toBeGreaterThanOrEqual(0)
    expectNoSecrets(result)
  })

  it("tells of a failure by the error's code alone", async () => {
    backend.before = () => {
      throw Object.assign(new Error('the-secret-data in the words of a driver'), { args: ['the-secret-person'] })
    }
    await expect(call(surroundings)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
    expect(events()).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
    expect(messages[2]?.asPublished).toMatchObject({ operation: name, outcome: 'SESS_UNAVAILABLE' })
    expectNoSecrets(null)
  })

  it('ends where the store refuses the call', async () => {
    await store.close()
    await expect(call(surroundings)).rejects.toMatchObject({ code: 'SESS_CLOSED' })
    expect(events()).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
    expect(messages[4]?.asPublished).toMatchObject({ operation: name, outcome: 'SESS_CLOSED' })
  })
})

describe('a trace', () => {
  it('of a call with a wrong argument ends with its code', async () => {
    await expect(store.load(5 as never)).rejects.toBeInstanceOf(TypeError)
    expect(events()).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
    expect(messages[2]?.asPublished.outcome).toBe('ERR_INVALID_ARG_TYPE')
  })

  it('of an error of the application names no more than that', async () => {
    const failing = store.update(surroundings.session.id, () => {
      throw Object.assign(new Error('the-secret-data'), { code: 'the-secret-person' })
    })
    await expect(failing).rejects.toThrow('the-secret-data')
    expect(messages[2]?.asPublished.outcome).toBe('error')
    expectNoSecrets(null)
  })

  it('says how many operations travelled together', async () => {
    const loads = ['a', 'b', 'c'].map((id) => store.load(id))
    await Promise.all(loads)
    const ends = messages.filter(({ event }) => event === 'asyncEnd')
    expect(ends.map(({ asPublished }) => asPublished.batchSize)).toEqual([3, 3, 3])
  })

  it('is one for all of entries, and ends where the caller stops or the store fails', async () => {
    for (let n = 0; n < 4; n += 1) await store.create()
    messages = []
    for await (const _ of store.entries());
    expect(events()).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    messages = []
    for await (const _ of store.entries()) break
    expect(events()).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    messages = []
    backend.before = () => {
      throw new Error('down')
    }
    await expect(store.entries().next()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
    expect(events()).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
    expect(messages[3]?.asPublished).toMatchObject({ operation: 'entries', outcome: 'SESS_UNAVAILABLE' })
  })
})
