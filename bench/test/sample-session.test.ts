import { describe, expect, it } from 'vitest'
import { ofPerson, sampleContent, sampleCookie } from '../src/sample-session.ts'

describe('a sample session', () => {
  it.each([500, 8192])('has %d bytes of JSON, with the cookie where the store keeps one', (bytes) => {
    const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
    expect(size(sampleContent(bytes, { cookie: false }))).toBe(bytes)
    expect(size({ cookie: sampleCookie(), ...sampleContent(bytes, { cookie: true }) })).toBe(bytes)
  })

  it('is as long whoever it is of', () => {
    const first = sampleContent(500, { cookie: false })
    const other = ofPerson(first, 1_234_567)
    expect(other.identity.externalId).not.toBe(first.identity.externalId)
    expect(JSON.stringify(other)).toHaveLength(500)
  })

  it('cannot be smaller than what is in it', () => {
    expect(() => sampleContent(100, { cookie: false })).toThrow(/at least \d+ bytes/)
  })
})
