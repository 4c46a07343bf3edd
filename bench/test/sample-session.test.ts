import { describe, expect, it } from 'vitest'
import { sampleContent, sampleCookie } from '../src/sample-session.ts'

describe('a sample session', () => {
  it.each([500, 8192])('has %d bytes of JSON, with the cookie where the store keeps one', (bytes) => {
    const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
    expect(size(sampleContent(bytes, { cookie: false }))).toBe(bytes)
    expect(size({ cookie: sampleCookie(), ...sampleContent(bytes, { cookie: true }) })).toBe(bytes)
  })

  it('cannot be smaller than what is in it', () => {
    expect(() => sampleContent(100, { cookie: false })).toThrow(/at least \d+ bytes/)
  })
})
