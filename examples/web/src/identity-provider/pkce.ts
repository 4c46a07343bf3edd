import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret that the application keeps to itself while the browser is away (RFC 7636). */
export function newVerifier(): string {
  return randomBytes(32).toString('base64url')
}

/** What of the verifier goes through the browser: its SHA-256, `code_challenge_method=S256`. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

export function verifierMatches(verifier: string, challenge: string): boolean {
  const actual = Buffer.from(challengeOf(verifier))
  const expected = Buffer.from(challenge)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
