import {
  createSessionStore,
  openStore,
  registerStore,
  type Session,
  type SessionBackend,
  type SessionStore,
  type StoreConfigs,
} from '@sess/core'
import { identifier, integer, parseOptions, type StoreConfigInput, storeConfig } from '@sess/core/config'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expectTypeOf, test } from 'vitest'

const declaredConfig = storeConfig({ table: identifier(), shards: integer() })
type DeclaredConfig = StoreConfigInput<typeof declaredConfig>

declare module '@sess/core' {
  interface StoreConfigs {
    'declared-store': DeclaredConfig
    'demanding-store': { path: string }
  }
}

describe('the config of an installed type', () => {
  test('is what its package declares', () => {
    expectTypeOf<StoreConfigs['declared-store']['shards']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<StoreConfigs['declared-store']['ttl']>().toEqualTypeOf<number | string | undefined>()
    expectTypeOf<StoreConfigs['declared-store']['cleanupInterval']>().toEqualTypeOf<
      number | string | false | undefined
    >()
    expectTypeOf<StoreConfigs['declared-store']['ids']>().toEqualTypeOf<'hashed' | 'plain' | undefined>()
  })

  test('is accepted, and may be left out where nothing is required', () => {
    openStore({ type: 'declared-store', config: { table: 'sessions', shards: 2, ttl: '24h' } })
    openStore({ type: 'declared-store' })
    openStore({ type: 'declared-store', config: null })
    openStore({ type: 'demanding-store', config: { path: './sessions' } })
  })

  test('has no other key, no other type of value, and nothing missing', () => {
    // @ts-expect-error a misspelt key
    openStore({ type: 'declared-store', config: { tabel: 'sessions' } })
    // @ts-expect-error a value of another type
    openStore({ type: 'declared-store', config: { shards: 'two' } })
    // @ts-expect-error a required field is missing
    openStore({ type: 'demanding-store', config: {} })
    // @ts-expect-error the whole config is missing
    openStore({ type: 'demanding-store' })
    // @ts-expect-error a misspelt key beside the type of the data
    openStore<{ cart: string[] }>({ type: 'declared-store', config: { tabel: 'sessions' } })
    // @ts-expect-error a misspelt top-level key
    openStore({ typ: 'declared-store' })
  })
})

describe('what only a run can check', () => {
  test('is accepted: an empty object, a URL, a type that declares nothing, a parsed file', () => {
    openStore({})
    openStore('sqlite:./sessions.db')
    openStore({ type: 'undeclared-store', config: { url: 'undeclared://host' } })
    openStore(JSON.parse('{}'))
    openStore(JSON.parse('{}') as unknown)
    openStore(JSON.parse('{}') as Record<string, unknown>)
    openStore(JSON.parse('{}') as { type: string; config?: Record<string, unknown> })
    openStore(JSON.parse('{}') as { type?: string; config?: unknown })
    openStore(JSON.parse('{}') as { session_store: { type: string } })
  })

  test('is not an unset variable', () => {
    // @ts-expect-error nothing
    openStore()
    // @ts-expect-error null
    openStore(null)
    // @ts-expect-error undefined
    openStore(undefined)
    // @ts-expect-error perhaps undefined
    openStore(process.env.SESSION_STORE)
  })

  test('is neither a number nor an array', () => {
    // @ts-expect-error a number
    openStore(1)
    // @ts-expect-error an array
    openStore(['memory'])
  })
})

test('the type of the data is given, or inferred from where the store goes', () => {
  expectTypeOf(openStore<{ cart: string[] }>('memory:')).resolves.toEqualTypeOf<SessionStore<{ cart: string[] }>>()
  expectTypeOf(openStore('memory:')).resolves.toEqualTypeOf<SessionStore>()
  const inferred: Promise<SessionStore<{ cart: string[] }>> = openStore(JSON.parse('{}') as unknown)
  expectTypeOf(inferred).resolves.toEqualTypeOf<SessionStore<{ cart: string[] }>>()
})

test('the data may be an interface', () => {
  interface MySession {
    cart: string[]
    theme?: 'dark' | 'light'
  }
  expectTypeOf(openStore<MySession>('memory:')).resolves.toEqualTypeOf<SessionStore<MySession>>()
  expectTypeOf<Session<MySession>['data']>().toEqualTypeOf<MySession>()
  expectTypeOf(createSessionStore<MySession>({} as SessionBackend)).toEqualTypeOf<SessionStore<MySession>>()
  // @ts-expect-error a text is no data
  createSessionStore<string>({} as SessionBackend)
})

test('open gets the options of every store, whatever the schema is, in a form that createSessionStore takes', () => {
  registerStore({
    type: 'declared-store',
    config: {} as StandardSchemaV1<{ url: string }, { url: string }>,
    open(config) {
      expectTypeOf(config.url).toEqualTypeOf<string>()
      expectTypeOf(config.ttl).toEqualTypeOf<number | string | undefined>()
      return createSessionStore({} as SessionBackend, config)
    },
  })
})

test('open gets what the schema makes of the config', () => {
  registerStore({
    type: 'declared-store',
    schemes: ['declared'],
    config: declaredConfig,
    open(config) {
      expectTypeOf(config.ttl).toEqualTypeOf<number | undefined>()
      expectTypeOf(config.table).toEqualTypeOf<string | undefined>()
      return {} as SessionStore
    },
  })
})

test('the options of a factory take what the schema takes and give what the store gets', () => {
  const options = parseOptions('declared', declaredConfig, { ttl: '1h', shards: 1, now: Date.now })
  expectTypeOf(options.ttl).toEqualTypeOf<number | undefined>()
  expectTypeOf(options.cleanupInterval).toEqualTypeOf<number | false | undefined>()
  expectTypeOf(options.now).toEqualTypeOf<(() => number) | undefined>()
  // @ts-expect-error a misspelt key
  parseOptions('declared', declaredConfig, { tabel: 'sessions' })
})
