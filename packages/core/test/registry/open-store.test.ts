import { afterEach, describe, expect, test } from 'vitest'
import { SessionError } from '../../src/contract/errors.ts'
import { openStore } from '../../src/registry/open-store.ts'
import { registerStore } from '../../src/registry/registry.ts'
import { asFake, asStore, FakeStore, fakeDefinition, schemaOf } from './fake-store.ts'

const undo: (() => void)[] = []
const register = (...args: Parameters<typeof registerStore>) => undo.unshift(registerStore(...args))
afterEach(() => {
  for (const restore of undo.splice(0)) restore()
})

const opened = async (input: unknown) => asFake(await openStore(input)).config

describe('memory is what is opened', () => {
  test.each([
    ['an empty object', {}],
    ['a null type and config', { type: null, config: null }],
    ['an undefined config', { config: undefined }],
    ['an object without a prototype', Object.create(null)],
  ])('for %s', async (_, input) => {
    register(fakeDefinition({ type: 'memory' }))
    expect(await opened(input)).toEqual({})
  })

  test.each([
    [{ type: undefined }, "- type: must be a store's name, such as 'redis', not undefined: is a variable unset?"],
    [{ session_store: { type: undefined, config: { ttl: '1h' } } }, '- session_store.type: must be'],
  ])('not for a type that is there and undefined: %j', async (input, message) => {
    register(fakeDefinition({ type: 'memory' }))
    const error = await openStore(input as unknown).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'SESS_CONFIG', message: expect.stringContaining(message) })
  })

  test('with its config where there is a config but no type', async () => {
    register(fakeDefinition({ type: 'memory' }))
    expect(await opened({ config: { ttl: '1h' } })).toEqual({ ttl: '1h' })
  })
})

describe('the config of a type', () => {
  test('is an empty object where it is missing or null', async () => {
    register(fakeDefinition())
    expect(await opened({ type: 'fake' })).toEqual({})
    expect(await opened({ type: 'fake', config: null })).toEqual({})
  })

  test('reaches the store as the schema gave it, also from a schema that is asynchronous', async () => {
    const config = schemaOf()
    const validate = async (value: unknown) => ({ value: { checked: value } })
    register(fakeDefinition({ config: { '~standard': { ...config['~standard'], validate } } }))
    expect(await opened({ type: 'fake', config: { a: 1 } })).toEqual({ checked: { a: 1 } })
  })

  test('may lead to a store that opens asynchronously', async () => {
    register(fakeDefinition({ open: async (config) => asStore(new FakeStore(config)) }))
    expect(await opened({ type: 'fake', config: { a: 1 } })).toEqual({ a: 1 })
  })
})

describe('a URL', () => {
  test('becomes a url without the query and the parameters of the query, decoded', async () => {
    register(fakeDefinition())
    expect(await opened('fake://user:pass@host:1/2?session_prefix=a%3Ab&ttl=24h')).toEqual({
      url: 'fake://user:pass@host:1/2',
      session_prefix: 'a:b',
      ttl: '24h',
    })
    expect(await opened('fake:')).toEqual({ url: 'fake:' })
  })

  test('is read by the definition where it says how', async () => {
    register(fakeDefinition({ fromUrl: (url) => ({ path: url.slice('fake:'.length) }) }))
    expect(await opened('fake:./my file.db')).toEqual({ path: './my file.db' })
  })

  test('may have its scheme in capitals, and several hosts', async () => {
    register(fakeDefinition())
    expect(await opened('FAKE://host')).toEqual({ url: 'FAKE://host' })
    expect(await opened('fake://u:p@one:1,two:2/db')).toEqual({ url: 'fake://u:p@one:1,two:2/db' })
  })

  test('has a parameter of any name, which leaves the prototype of the config alone', async () => {
    register(fakeDefinition())
    const config = (await opened('fake://h?__proto__=x')) as object
    expect(Object.keys(config)).toEqual(['url', '__proto__'])
    expect(Object.getPrototypeOf(config)).toBe(Object.prototype)
  })
})

describe('a store that was just opened', () => {
  test('has answered a ping', async () => {
    register(fakeDefinition())
    expect(asFake(await openStore({ type: 'fake' }))).toMatchObject({ pings: 1, isClosed: false })
  })

  test('is closed when it does not answer, and its own error is what openStore rejects with', async () => {
    const outage = new SessionError('SESS_UNAVAILABLE', 'no server')
    const store = new FakeStore({}, outage)
    register(fakeDefinition({ open: () => asStore(store) }))
    await expect(openStore({ type: 'fake' })).rejects.toBe(outage)
    expect(store.isClosed).toBe(true)
  })

  test('still rejects with the error of its ping when its close throws or rejects', async () => {
    const outage = new SessionError('SESS_UNAVAILABLE', 'no server')
    for (const close of [
      () => Promise.reject(new Error('close rejected')),
      () => {
        throw new Error('close threw')
      },
    ]) {
      const store = Object.assign(new FakeStore({}, outage), { close })
      undo.unshift(registerStore(fakeDefinition({ open: () => asStore(store) }), { override: true }))
      await expect(openStore({ type: 'fake' })).rejects.toBe(outage)
    }
  })

  test('may have failed to open: its own error comes through', async () => {
    const fault = new SessionError('SESS_CONFIG', 'both url and client')
    register(fakeDefinition({ open: () => Promise.reject(fault) }))
    await expect(openStore({ type: 'fake' })).rejects.toBe(fault)
  })
})
