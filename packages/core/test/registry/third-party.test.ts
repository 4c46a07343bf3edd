import { createHash } from 'node:crypto'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { text } from '../../src/config/fields.ts'
import { storeConfig } from '../../src/config/store-config.ts'
import {
  createSessionStore,
  openStore,
  registerStore,
  type SessionBackend,
  type StoreDefinition,
} from '../../src/index.ts'
import { asStore, FakeStore, fakeDefinition } from './fake-store.ts'

const undo: (() => void)[] = []
const register = (...args: Parameters<typeof registerStore>) => undo.unshift(registerStore(...args))
afterEach(() => {
  for (const restore of undo.splice(0)) restore()
})

/** A backend that notes the keys it is asked for, and has no record. */
function emptyBackend(keys: string[] = []): SessionBackend {
  return {
    type: 'tiny',
    writes: ['put', 'replace', 'delete', 'touch', 'insert'],
    read: (asked) => {
      keys.push(...asked)
      return asked.map(() => null)
    },
    write: (operations) =>
      operations.map(({ kind }) => (kind === 'insert' || kind === 'put' ? true : kind === 'delete' ? false : null)),
    ping: () => {},
    close: () => {},
  }
}

const strict = () =>
  v.strictObject({
    url: v.string(),
    ttl: v.optional(
      v.pipe(
        v.string(),
        v.transform(() => 60_000),
      ),
    ),
  })

const schemas: [name: string, schema: StandardSchemaV1][] = [
  ['one of storeConfig', storeConfig({ url: text() })],
  ['one that drops what it does not know', v.object({ url: v.string() })],
  ['one that keeps what it does not know', v.looseObject({ url: v.string() })],
  [
    'one that is asynchronous',
    v.pipeAsync(
      v.objectAsync({ url: v.string() }),
      v.checkAsync(async () => true),
    ),
  ],
]

describe("open: (config) => createSessionStore(backend, config), as the guide says, takes a store's own fields", () => {
  test.each(schemas)('and the options of every store, with a schema of any kind: %s', async (_name, config) => {
    const keys: string[] = []
    register({
      type: 'tiny',
      config,
      open: (checked) => createSessionStore(emptyBackend(keys), checked),
    } as StoreDefinition)
    const options = { ttl: '1m', ids: 'plain', max_bytes: '100' }
    const store = await openStore({ type: 'tiny', config: { url: 'u', ...options } })
    const { createdAt, expiresAt } = await store.create()
    expect(expiresAt.getTime() - createdAt.getTime()).toBe(60_000)
    await store.load('an-id')
    expect(keys).toEqual([`=${createHash('sha256').update('an-id').digest('base64url')}`])
    await expect(store.create({ data: { a: 'x'.repeat(100) } })).rejects.toMatchObject({ code: 'SESS_TOO_LARGE' })
  })

  test.each(schemas)('and tells what is wrong with one of them: %s', async (_name, config) => {
    register({
      type: 'tiny',
      config,
      open: (checked) => createSessionStore(emptyBackend(), checked),
    } as StoreDefinition)
    const opening = openStore({ type: 'tiny', config: { url: 'u', ids: 'sha1', timeout_ms: 0 } })
    await expect(opening).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringMatching(/ids: must be 'hashed' or 'plain'.*timeout_ms: must be a whole number/s),
    })
  })

  test('and one that the schema has a rule of its own for is as that says', async () => {
    register({
      type: 'tiny',
      config: strict(),
      open: (checked) => createSessionStore(emptyBackend(), checked),
    } as StoreDefinition)
    const store = await openStore({ type: 'tiny', config: { url: 'u', ttl: '5h' } })
    const { createdAt, expiresAt } = await store.create()
    expect(expiresAt.getTime() - createdAt.getTime()).toBe(60_000)
  })

  test('but createSessionStore itself still refuses an option that nobody knows', () => {
    expect(() => createSessionStore(emptyBackend(), { tll: '1h' } as object)).toThrow(
      /tll: unknown key, did you mean 'ttl'/,
    )
  })
})

describe('a backend that is none', () => {
  test.each<[string, unknown, message: string]>([
    ['null', null, 'backend must be an object'],
    ['nothing', undefined, 'backend must be an object'],
    ['no type', { ...emptyBackend(), type: undefined }, 'backend.type must be a string'],
    ['no writes', { ...emptyBackend(), writes: 'put' }, 'backend.writes must be an array of kinds of write'],
    ['no read', { ...emptyBackend(), read: undefined }, 'backend.read must be a function'],
    ['no write', { ...emptyBackend(), write: undefined }, 'backend.write must be a function'],
  ])('is a TypeError: %s', (_what, backend, message) => {
    expect(() => createSessionStore(backend as SessionBackend)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE', message }),
    )
  })
})

describe('an open that gives no store', () => {
  test.each<[string, unknown, missing: string]>([
    ['nothing', undefined, 'ping'],
    ['null', null, 'ping'],
    ['an empty object', {}, 'ping'],
    ['half a store', { ping: () => {} }, 'close'],
  ])('is SESS_CONFIG that says so: %s', async (_what, given, missing) => {
    register(fakeDefinition({ open: () => given as never }))
    await expect(openStore('fake:')).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: `open of store type 'fake' must resolve with a session store: what it gave has no method ${missing}`,
    })
  })
})

describe('a store that never', () => {
  const never = () => new Promise<never>(() => {})
  const inTime = { code: 'SESS_TIMEOUT', retryable: true }

  test('opens is SESS_TIMEOUT, and is closed where it opens after all', async () => {
    const late = new FakeStore({})
    const { promise, resolve } = Promise.withResolvers<void>()
    register(fakeDefinition({ open: () => promise.then(() => asStore(late)) }))
    await expect(openStore({ type: 'fake', config: { timeoutMs: 40 } })).rejects.toMatchObject(inTime)
    expect(late.isClosed).toBe(false)
    resolve()
    await vi.waitFor(() => expect(late.isClosed).toBe(true))
  })

  test('answers is SESS_TIMEOUT, and is closed', async () => {
    const silent = Object.assign(new FakeStore({}), { ping: never })
    register(fakeDefinition({ open: () => asStore(silent) }))
    await expect(openStore({ type: 'fake', config: { timeoutMs: 40 } })).rejects.toMatchObject(inTime)
    expect(silent.isClosed).toBe(true)
  })

  test('closes holds nobody up', async () => {
    const silent = Object.assign(new FakeStore({}), { ping: never, close: never })
    register(fakeDefinition({ open: () => asStore(silent) }))
    await expect(openStore({ type: 'fake', config: { timeoutMs: 40 } })).rejects.toMatchObject(inTime)
  })
})
