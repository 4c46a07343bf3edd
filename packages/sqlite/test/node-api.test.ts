import { expect, test } from 'vitest'
import { assertNodeApi } from '../src/node-api.ts'

test('a runtime that better-sqlite3 would crash is SESS_CONFIG, with the Node that is needed', () => {
  const refused = { code: 'SESS_CONFIG', message: expect.stringContaining('22.14') }
  expect(() => assertNodeApi('9')).toThrow(expect.objectContaining(refused))
})

test('a runtime that has the Node-API, or does not say, may open a database', () => {
  assertNodeApi('10')
  assertNodeApi('11')
  assertNodeApi(undefined)
})
