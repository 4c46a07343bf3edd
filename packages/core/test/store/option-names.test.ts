import { beforeEach, describe, expect, it } from 'vitest'
import { optionsOfMethod } from '../../src/contract/option-names.ts'
import type { Session } from '../../src/contract/session.ts'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

const person = { providerId: 'github', externalId: 'ada' }

let backend: MapBackend
let store: SessionStore
let session: Session

beforeEach(async () => {
  backend = new MapBackend()
  store = createSessionStore(backend)
  session = await store.create({ identity: person })
  await store.putState({ state: 'state' })
  backend.asked.length = 0
})

/** A call of each method that takes options, on what is stored. */
const calls: { [Method in keyof typeof optionsOfMethod]: (options: never) => Promise<unknown> } = {
  create: (options) => store.create(options),
  save: (options) => store.save(session, options),
  load: (options) => store.load(session.id, options),
  touch: (options) => store.touch(session.id, options),
  rotate: (options) => store.rotate(session.id, options),
  listByIdentity: (options) => store.listByIdentity(person, options),
  deleteByIdentity: (options) => store.deleteByIdentity(person, options),
  deleteByHandle: (options) => store.deleteByHandle(session.handle, options),
  putState: (options) => store.putState(options),
  consumeState: (options) => store.consumeState('state', options),
}

describe('an option that a method does not have', () => {
  it.each([
    ['create', { deadlin: null }, 'create has no option deadlin: did you mean deadline?'],
    ['save', { iff: 'unchanged' }, 'save has no option iff: did you mean if?'],
    ['load', { tuoch: '1m' }, 'load has no option tuoch: did you mean touch?'],
    ['touch', { tll: '1m' }, 'touch has no option tll: did you mean ttl?'],
    ['rotate', { identiy: person }, 'rotate has no option identiy: did you mean identity?'],
    ['rotate', { maxAge: 5 }, 'rotate has no option maxAge: its options are identity, data, ttl, deadline'],
    ['listByIdentity', { Limit: 5 }, 'listByIdentity has no option Limit: did you mean limit?'],
    ['deleteByIdentity', { exept: 'id' }, 'deleteByIdentity has no option exept: did you mean except?'],
    ['deleteByHandle', { identty: person }, 'deleteByHandle has no option identty: did you mean identity?'],
    ['putState', { user_agent: 'a' }, 'putState has no option user_agent: did you mean userAgent?'],
    ['consumeState', { useragent: 'a' }, 'consumeState has no option useragent: did you mean userAgent?'],
  ] as const)(
    'is a TypeError of %s that names the closest one, and the backend is asked nothing: %j',
    async (method, options, message) => {
      const rejected = expect(calls[method](options as never)).rejects
      await rejected.toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message })
      expect(backend.asked).toEqual([])
    },
  )

  it('is one for an id that no session can have, too', async () => {
    await expect(store.rotate('', { identiy: person } as never)).rejects.toThrow(TypeError)
  })

  it('is shown cut short where it may be a secret', async () => {
    const error = await store.load(session.id, { [session.id]: true } as never).catch((reason: Error) => reason)
    expect((error as Error).message).not.toContain(session.id)
  })
})

describe('the options that a method has', () => {
  it.each(Object.entries(optionsOfMethod))(
    'are all taken by %s, also where they are undefined',
    async (method, names) => {
      const options = Object.fromEntries(Object.keys(names).map((name) => [name, undefined]))
      await calls[method as keyof typeof calls](options as never)
    },
  )

  it.each(Object.keys(optionsOfMethod))('are an object to %s', async (method) => {
    for (const options of [null, 5, 'text', []]) {
      const rejected = expect(calls[method as keyof typeof calls](options as never)).rejects
      await rejected.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE', message: 'options must be an object' })
    }
    expect(backend.asked).toEqual([])
  })
})
