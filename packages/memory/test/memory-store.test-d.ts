import type { SessionStore } from '@sess/core'
import { memoryStore } from '@sess/memory'
import { describe, expectTypeOf, it } from 'vitest'

interface Cart {
  items: string[]
}
/** As zod, valibot and arktype make them. */
declare const schema: {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => { readonly value: Cart }
    readonly types?: { readonly input: Partial<Cart>; readonly output: Cart }
  }
}

describe('the type of the data', () => {
  it('is that of the schema', () => {
    expectTypeOf(memoryStore({ data: schema, ttl: '1h' })).toEqualTypeOf<SessionStore<Cart>>()
  })

  it('is what the caller says where there is no schema, and JSON where nobody says', () => {
    expectTypeOf(memoryStore<Cart>({ maxSessions: 5 })).toEqualTypeOf<SessionStore<Cart>>()
    expectTypeOf(memoryStore()).toEqualTypeOf<SessionStore>()
  })

  it('does not let an option through that the store does not have', () => {
    // @ts-expect-error: nobody knows it
    memoryStore({ data: schema, tll: '1h' })
  })
})
