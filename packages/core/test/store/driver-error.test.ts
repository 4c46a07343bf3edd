import { connect } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { driverError, driverErrors } from '../../src/store/driver-error.ts'

const { faultOf, toSessionError } = driverErrors({
  product: 'TestDB',
  faults: { '40P01': 'conflict', ER_NO_TABLE: { fault: 'missingSchema', message: 'the table is missing' } },
  find: (error) => (error.message.startsWith('NOAUTH') ? 'denied' : undefined),
  heads: ['deadlock', 'deadlock detected', 'NOAUTH Authentication required'],
})
const failure = (message: string, code?: string | number) => Object.assign(new Error(message), { code })

describe('an error of a driver', () => {
  it.each([
    [failure('', '40P01'), 'conflict', 'SESS_UNAVAILABLE', true],
    [failure('', 'ER_NO_TABLE'), 'missingSchema', 'SESS_CONFIG', false],
    [failure('NOAUTH Authentication required.'), 'denied', 'SESS_CONFIG', false],
    [failure('', 'ECONNREFUSED'), 'unreachable', 'SESS_UNAVAILABLE', true],
    [failure('', 'EMFILE'), 'exhausted', 'SESS_UNAVAILABLE', true],
    [failure('', 'SELF_SIGNED_CERT_IN_CHAIN'), 'untrusted', 'SESS_CONFIG', false],
    [failure('', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'untrusted', 'SESS_CONFIG', false],
  ])('is known by its code, or by what only its driver knows: %s', (error, fault, code, retryable) => {
    expect(faultOf(error)).toBe(fault)
    expect(toSessionError(error)).toMatchObject({ code, retryable, message: expect.stringMatching(/^TestDB: /) })
  })

  it.each([
    [failure('', 'constructor')],
    [failure('', 'E_SOMETHING')],
    [new TypeError('x is undefined')],
    ['text'],
    [null],
  ])('is not made of what is none: %s', (error) => {
    expect(faultOf(error)).toBeUndefined()
    expect(toSessionError(error)).toBeUndefined()
  })

  it('has a cause without what the driver attached, and without a word that may be a value', () => {
    const secret = 'the-secret-id'
    const error = Object.assign(failure(`deadlock detected on key ${secret}`, '40P01'), {
      detail: secret,
      command: { args: [secret] },
      cause: new Error(secret),
    })
    const { cause } = toSessionError(error) as { cause: Error }
    expect(cause).toMatchObject({ name: 'Error', message: 'deadlock detected', code: '40P01' })
    expect(inspect(toSessionError(error), { depth: 9, showHidden: true })).not.toContain(secret)
    expect(cause.stack).toMatch(/^Error: deadlock detected\n {4}at /)
    const unknown = driverError('TestDB', 'unknown', failure(`${secret}\n    at the-secret-id (x.js:1:1)`, secret))
    expect(unknown.retryable).toBe(true)
    expect((unknown.cause as Error).message).not.toContain(secret)
  })

  it('keeps the words of the system, with the host and the port', async () => {
    const refused = await new Promise<Error>((resolve) => connect(1, '127.0.0.1').on('error', resolve))
    const cause = { message: 'connect ECONNREFUSED 127.0.0.1:1', code: 'ECONNREFUSED' }
    expect(toSessionError(refused)).toMatchObject({ cause })
    const tried = Object.assign(new AggregateError([refused], 'all addresses'), { code: 'ECONNREFUSED' })
    expect(toSessionError(tried)).toMatchObject({ cause })
  })
})
