import type { Identity } from '@sess/core'

/** What an application keeps in a session: a few facts, a token, a cart. `counter` changes with every save. */
export type SampleData = {
  counter: number
  csrfToken: string
  locale: string
  lastSeen: { path: string; at: number }
  cart: { currency: string; items: CartItem[] }
  note: string
}

type CartItem = { sku: string; title: string; quantity: number; price: number }

export interface SampleContent {
  identity: Identity
  data: SampleData
}

/** The cookie that express-session keeps inside each session. */
export interface SampleCookie {
  originalMaxAge: number
  expires: Date
  secure: boolean
  httpOnly: boolean
  path: string
  sameSite: string
}

export const dayMs = 86_400_000

export function sampleCookie(ttlMs = dayMs): SampleCookie {
  return {
    originalMaxAge: dayMs,
    expires: new Date(Date.now() + ttlMs),
    secure: true,
    httpOnly: true,
    path: '/',
    sameSite: 'lax',
  }
}

/** A session of which identity, data and (where the store keeps one) cookie make `bytes` bytes of JSON together. */
export function sampleContent(bytes: number, { cookie }: { cookie: boolean }): SampleContent {
  const content: SampleContent = {
    identity: { providerId: 'github', externalId: personName(0), email: 'ada@example.org', username: 'ada' },
    data: {
      counter: 1_000_000,
      csrfToken: 'q3JxkM0ZtW8y5rB1',
      locale: 'en-GB',
      lastSeen: { path: '/orders/8812', at: 1_767_225_600_000 },
      cart: { currency: 'EUR', items: [] },
      note: '',
    },
  }
  const left = () => bytes - jsonBytes(cookie ? { cookie: sampleCookie(), ...content } : content)
  const { items } = content.data.cart
  while (left() > itemBytes) items.push(cartItem(items.length))
  if (left() < 0) throw new RangeError(`A sample session has at least ${bytes - left()} bytes`)
  content.data.note = 'x'.repeat(left())
  return content
}

/** The same session of another person, and no byte longer. */
export function ofPerson({ identity, data }: SampleContent, person: number): SampleContent {
  return { identity: { ...identity, externalId: personName(person) }, data }
}

function personName(person: number): string {
  return `user_${String(person).padStart(8, '0')}`
}

function cartItem(index: number): CartItem {
  return { sku: `SKU-${10_000 + index}`, title: 'Enamel mug, blue', quantity: 1 + (index % 9), price: 12.5 }
}

const itemBytes = jsonBytes(cartItem(0)) + 1

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
