import assert from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import { isSessionError } from '../../src/contract/errors.ts'
import { encodeState, openState } from '../../src/store/encoding/states.ts'

const limit = 1024 * 1024
const bound = encodeState({ verifier: 'v' }, 'agent', 1_000, limit)
const altered = (changes: object) => JSON.stringify({ ...JSON.parse(bound), ...changes })
const open = (payload: string, userAgent?: string, expiresAt = 5_000) =>
  openState({ key: 'k', payload, expiresAt }, userAgent)

describe('a state', () => {
  it('is given to the same User-Agent, with its data', () => {
    assert.deepStrictEqual(open(bound, 'agent'), { data: { verifier: 'v' }, createdAt: new Date(1_000) })
    expect(open(bound, 'another')).toBeNull()
    expect(open(bound)).toBeNull()
  })

  it.each<[string, string, expiresAt?: number]>([
    ['a time beyond any Date', altered({ createdAt: 8.64e15 + 1 })],
    ['a fraction of a time', altered({ createdAt: 1.5 })],
    ['a time in a text', altered({ createdAt: '1000' })],
    ['a User-Agent that is a number', altered({ userAgent: 5 })],
    ['a User-Agent that is a list', altered({ userAgent: ['a'] })],
    ['no User-Agent at all', altered({ userAgent: undefined })],
    ['data that is a list', altered({ data: [] })],
    ['data that is null', altered({ data: null })],
    ['a __proto__ in the data', bound.replace('{"verifier"', '{"__proto__":{"a":1},"verifier"')],
    ['an expiry that is no number', bound, Number.NaN],
    ['an expiry beyond any Date', bound, Number.POSITIVE_INFINITY],
    ['no JSON', bound.slice(1)],
    ['nothing', ''],
  ])('that was altered behind the store is SESS_CORRUPT: %s', (_what, payload, expiresAt) => {
    for (const userAgent of ['agent', undefined]) {
      assert.throws(
        () => open(payload, userAgent, expiresAt),
        (error) => isSessionError(error, 'SESS_CORRUPT'),
      )
    }
  })
})
