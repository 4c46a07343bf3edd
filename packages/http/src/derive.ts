import { createHmac, timingSafeEqual } from 'node:crypto'

/** A text that only who knows the secret can make, and that gives nothing of it away. */
export function derive(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(`sess/http ${purpose}`).digest('base64url')
}

export function isSameText(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)]
  return first.length === second.length && timingSafeEqual(first, second)
}
