import { type BetterAuthStorage, secondaryStorage } from '@sess/better-auth'
import { memoryStore } from '@sess/memory'
import type { BetterAuthOptions } from 'better-auth'
import type { BetterAuthOptions as LowestOptions } from 'better-auth-lowest'
import { expectTypeOf, it } from 'vitest'

it('is the secondary storage of the newest and of the lowest Better Auth', () => {
  expectTypeOf<BetterAuthStorage>().toExtend<NonNullable<BetterAuthOptions['secondaryStorage']>>()
  expectTypeOf<BetterAuthStorage>().toExtend<NonNullable<LowestOptions['secondaryStorage']>>()
  expectTypeOf(secondaryStorage(memoryStore())).toEqualTypeOf<BetterAuthStorage>()
  expectTypeOf<BetterAuthStorage['get']>().toEqualTypeOf<(key: string) => Promise<string | null>>()
})
