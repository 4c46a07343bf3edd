import { expect, test } from 'vitest'
import { closestName } from '../../src/config/closest-name.ts'

const names = ['ttl', 'db', 'table', 'sessionPrefix', 'statePrefix', 'timeoutMs', 'password']

test.each([
  ['tabel', 'table'],
  ['tabl', 'table'],
  ['tables', 'table'],
  ['TTL', 'ttl'],
  ['tll', 'ttl'],
  ['session-prefix', 'sessionPrefix'],
  ['sesion_prefix', 'sessionPrefix'],
  ['timeout', 'timeoutMs'],
  ['passwd', 'password'],
])('%s is taken for %s', (name, expected) => {
  expect(closestName(name, names)).toBe(expected)
})

test.each([['colour'], ['host'], ['x'], ['__proto__'], ['t'.repeat(100_000)]])('%.20s is near nothing', (name) => {
  expect(closestName(name, names)).toBeUndefined()
})
