import type { StoreDefinition } from '@sess/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openStore } from '../../src/registry/open-store.ts'
import { registeredStores, registerStore } from '../../src/registry/registry.ts'
import { asFake, asStore, FakeStore, fakeDefinition } from './fake-store.ts'

const undo: (() => void)[] = []
const register = (...args: Parameters<typeof registerStore>) => {
  const restore = registerStore(...args)
  undo.unshift(restore)
  return restore
}

beforeEach(() => expect(registeredStores()).toEqual([]))
afterEach(() => {
  for (const restore of undo.splice(0)) restore()
})

const duplicate = expect.objectContaining({ code: 'SESS_DUPLICATE_STORE', retryable: false })

test('registered stores are listed sorted', () => {
  register(fakeDefinition({ type: 'zebra', schemes: [] }))
  register(fakeDefinition({ type: 'ant', schemes: [] }))
  expect(registeredStores()).toEqual(['ant', 'zebra'])
})

describe('a second registration', () => {
  test('of a type is refused and changes nothing', async () => {
    register(fakeDefinition({ open: () => asStore(new FakeStore('first')) }))
    expect(() => registerStore(fakeDefinition({ schemes: ['other'] }))).toThrow(duplicate)
    expect(asFake(await openStore({ type: 'fake' })).config).toBe('first')
    await expect(openStore('other:')).rejects.toMatchObject({ code: 'SESS_UNKNOWN_STORE' })
  })

  test('of the very same definition is refused', () => {
    const definition = fakeDefinition()
    register(definition)
    expect(() => registerStore(definition)).toThrow(duplicate)
  })

  test('of a scheme by another type is refused, with override too', () => {
    register(fakeDefinition({ schemes: ['fake', 'fakes'] }))
    const thief = fakeDefinition({ type: 'thief', schemes: ['fakes:'] })
    expect(() => registerStore(thief)).toThrow(duplicate)
    expect(() => registerStore(thief, { override: true })).toThrow(duplicate)
    expect(registeredStores()).toEqual(['fake'])
  })

  test('with override replaces the first and releases its schemes', async () => {
    register(fakeDefinition({ schemes: ['fake', 'fakes'] }))
    register(fakeDefinition({ open: () => asStore(new FakeStore('mock')) }), { override: true })
    expect(asFake(await openStore('fake://host')).config).toBe('mock')
    register(fakeDefinition({ type: 'heir', schemes: ['fakes'] }))
    expect(registeredStores()).toEqual(['fake', 'heir'])
  })

  test('by another copy of the same package leaves the first in place', async () => {
    register(fakeDefinition({ package: '@acme/fake', open: () => asStore(new FakeStore('first copy')) }))
    const withdraw = register(
      fakeDefinition({ package: '@acme/fake', open: () => asStore(new FakeStore('second copy')) }),
    )
    withdraw()
    expect(asFake(await openStore({ type: 'fake' })).config).toBe('first copy')
    expect(() => registerStore(fakeDefinition({ package: '@other/fake' }))).toThrow(duplicate)
  })
})

describe('taking a registration back', () => {
  test('removes it, with its schemes', () => {
    register(fakeDefinition())()
    expect(registeredStores()).toEqual([])
    register(fakeDefinition({ type: 'heir' }))
  })

  test('restores what it replaced', async () => {
    register(fakeDefinition({ open: () => asStore(new FakeStore('real')) }))
    const restore = register(fakeDefinition({ open: () => asStore(new FakeStore('mock')) }), { override: true })
    expect(asFake(await openStore({ type: 'fake' })).config).toBe('mock')
    restore()
    expect(asFake(await openStore('fake:')).config).toBe('real')
  })

  test('does nothing when another has replaced it meanwhile, or when it is repeated', async () => {
    const restore = register(fakeDefinition())
    register(fakeDefinition({ open: () => asStore(new FakeStore('newest')) }), { override: true })
    restore()
    restore()
    expect(asFake(await openStore({ type: 'fake' })).config).toBe('newest')
  })
})

describe('a malformed definition is a TypeError', () => {
  const wrongType: [string, Partial<Record<keyof StoreDefinition, unknown>>, message: string][] = [
    ['no type', { type: undefined }, 'definition.type must be a string'],
    ['schemes in a string', { schemes: 'fake' }, 'definition.schemes must be an array of strings'],
    ['a scheme that is a number', { schemes: [5] }, 'definition.schemes must be an array of strings'],
    ['a package that is a number', { package: 5 }, 'definition.package must be a string'],
    ['no config', { config: undefined }, 'definition.config must be a Standard Schema of version 1'],
    ['null for a config', { config: null }, 'definition.config must be a Standard Schema of version 1'],
    [
      'a config of another version of Standard Schema',
      { config: { '~standard': { version: 2, validate() {} } } },
      'definition.config must be a Standard Schema of version 1',
    ],
    [
      'a config that does not validate',
      { config: { '~standard': { version: 1 } } },
      'definition.config must be a Standard Schema of version 1',
    ],
    ['no open', { open: undefined }, 'definition.open must be a function'],
    ['a fromUrl that is no function', { fromUrl: 'fake' }, 'definition.fromUrl must be a function'],
  ]
  const wrongValue: [string, Partial<Record<keyof StoreDefinition, unknown>>, message: RegExp][] = [
    ['an empty type', { type: '' }, /^definition\.type must be a letter followed by/],
    ['a type with a space', { type: 'my store' }, /^definition\.type must be a letter followed by/],
    ['a scheme in capitals', { schemes: ['FAKE'] }, /^definition\.schemes must be lower-case URL schemes/],
    ['a scheme with slashes', { schemes: ['fake://'] }, /^definition\.schemes must be lower-case URL schemes/],
  ]

  test.each(wrongType)('of the wrong type: %s', (_, changes, message) => {
    const definition = { ...fakeDefinition(), ...changes } as StoreDefinition
    const fault = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message })
    expect(() => registerStore(definition)).toThrow(fault)
    expect(registeredStores()).toEqual([])
  })

  test.each(wrongValue)('of a wrong value: %s', (_, changes, message) => {
    const definition = { ...fakeDefinition(), ...changes } as StoreDefinition
    const fault = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message: expect.stringMatching(message) }
    expect(() => registerStore(definition)).toThrow(expect.objectContaining(fault))
    expect(registeredStores()).toEqual([])
  })

  test.each([[null], [undefined], ['fake'], [5]])('or none at all: %s', (definition) => {
    const fault = expect.objectContaining({
      code: 'ERR_INVALID_ARG_TYPE',
      message: 'definition must be an object',
    })
    expect(() => registerStore(definition as never)).toThrow(fault)
  })

  test('and so are options of another type', () => {
    for (const options of [null, true, 'override']) {
      expect(() => registerStore(fakeDefinition(), options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE', message: 'options must be an object' }),
      )
    }
    expect(registeredStores()).toEqual([])
  })
})

test('two copies of the core in one process share the registry', async () => {
  register(fakeDefinition())
  vi.resetModules()
  const copy = await import('../../src/registry/registry.ts')
  const { openStore: openWithCopy } = await import('../../src/registry/open-store.ts')
  expect(copy.registerStore).not.toBe(registerStore)
  expect(copy.registeredStores()).toEqual(['fake'])
  expect(asFake(await openWithCopy({ type: 'fake', config: { a: 1 } })).config).toEqual({ a: 1 })
  expect(() => copy.registerStore(fakeDefinition())).toThrow(duplicate)
  undo.unshift(copy.registerStore(fakeDefinition({ type: 'from-copy', schemes: [] })))
  expect(registeredStores()).toEqual(['fake', 'from-copy'])
})
