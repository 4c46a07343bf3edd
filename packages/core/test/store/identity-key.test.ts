import { expect, test } from 'vitest'
import { identityKeyOf } from '../../src/store/encoding/session-id.ts'

const keyOf = (providerId: string, externalId: string) => identityKeyOf({ providerId, externalId })

test('the key of a short identity can be read', () => {
  expect(keyOf('github', '583231')).toBe('github|583231')
  expect(keyOf('https://acme.auth0.com/', 'auth0|507f1f77bcf86cd799439011')).toBe(
    'https://acme.auth0.com/|auth0|507f1f77bcf86cd799439011',
  )
  expect(keyOf('', '')).toBe('|')
})

test.each([
  ['longer than 64 characters', 'github', 'x'.repeat(58)],
  ['a space', 'github', 'ada lovelace'],
  ['a bar in the provider', 'git|hub', '1'],
  ['beyond ASCII', 'github', 'zoë'],
  ['a control character', 'github', '1\u001f'],
])('of any other it is a hash: %s', (_what, providerId, externalId) => {
  expect(keyOf(providerId, externalId)).toMatch(/^[\w-]{43}$/)
})

test('no two identities have the same key, wherever the boundary between provider and external id lies', () => {
  const texts = ['', 'a', '|', 'a|', '|a', '||', 'a|a', '"', '","', 'ä', 'x'.repeat(63), 'x'.repeat(64)]
  const keys = texts.flatMap((providerId) => texts.map((externalId) => keyOf(providerId, externalId)))
  expect(new Set(keys).size).toBe(texts.length ** 2)
  for (const key of keys) expect(key).toMatch(/^[!-~]{1,64}$/)
})
