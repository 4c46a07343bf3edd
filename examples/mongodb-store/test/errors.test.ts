import { MongoNetworkError, MongoParseError, MongoServerError, MongoServerSelectionError } from 'mongodb'
import { expect, test } from 'vitest'
import { toSessionError } from '../src/errors.ts'

const ofServer = (code: number) => new MongoServerError({ errmsg: 'secret-9f2c', code })

test.each([
  ['a lost connection', new MongoNetworkError('secret-9f2c'), 'SESS_UNAVAILABLE'],
  ['no server in time', new MongoServerSelectionError('secret-9f2c', {} as never), 'SESS_UNAVAILABLE'],
  ['a primary that steps down', ofServer(189), 'SESS_UNAVAILABLE'],
  ['a full disk', ofServer(14_031), 'SESS_UNAVAILABLE'],
  ['a command that took too long', ofServer(50), 'SESS_TIMEOUT'],
  ['a wrong password', ofServer(18), 'SESS_CONFIG'],
  ['a missing right', ofServer(13), 'SESS_CONFIG'],
  ['an index of other options', ofServer(85), 'SESS_CONFIG'],
  ['a malformed uri', new MongoParseError('secret-9f2c'), 'SESS_CONFIG'],
  ['a document that is too large', ofServer(17_419), 'SESS_TOO_LARGE'],
])('%s has the code that it has in every store, and quotes nothing', (_, error, code) => {
  const told = toSessionError(error) as Error
  expect(told).toMatchObject({ code, message: expect.stringMatching(/^MongoDB: /) })
  expect(`${told.stack} ${(told.cause as Error).stack}`).not.toContain('secret-9f2c')
})

test("an error that is not the driver's is left to the core", () => {
  expect(toSessionError(new TypeError('x is not a function'))).toBeUndefined()
})
