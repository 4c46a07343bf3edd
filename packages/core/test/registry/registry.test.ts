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

describe('a malformed definition is a TypeError:', () => {
  test.each<[string, Partial<Record<keyof StoreDefinition, unknown>>]>([
    ['no type', { type: undefined }],
    ['an empty type', { type: '' }],
    ['a type with a space', { type: 'my store' }],
    ['a scheme in capitals', { schemes: ['FAKE'] }],
    ['a scheme with slashes', { schemes: ['fake://'] }],
    ['schemes in a string', { schemes: 'fake' }],
    ['no config', { config: undefined }],
    ['a config of another version of Standard Schema', { config: { '~standard': { version: 2, validate() {} } } }],
    ['a config that does not validate', { config: { '~standard': { version: 1 } } }],
    ['no open', { open: undefined }],
    ['a fromUrl that is no function', { fromUrl: 'fake' }],
  ])('%s', (_, changes) => {
    const definition = { ...fakeDefinition(), ...changes } as StoreDefinition
    expect(() => registerStore(definition)).toThrow(TypeError)
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
