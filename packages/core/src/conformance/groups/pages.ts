import type { CaseContext } from '../conformance-case.ts'
import { caseGroup } from '../conformance-case.ts'
import { same } from '../expectations.ts'
import { alice, all, bob, hourMs, minuteMs, refOf } from '../samples.ts'

/** Around the sizes that a page, a step or a batch has in most stores: a full one, and one more or less. */
const sizes = [
  1, 2, 63, 64, 65, 99, 100, 101, 127, 128, 129, 199, 200, 201, 255, 256, 257, 499, 500, 501, 511, 512, 513,
]

/** As many sessions as the size says, made while it grows. They expire at three instants, and were made at one. */
async function grow(
  { put, clock }: CaseContext,
  look: (size: number) => Promise<void>,
  fields: Parameters<CaseContext['put']>[0] = {},
): Promise<void> {
  let made = 0
  for (const size of sizes) {
    const missing = Array.from({ length: size - made }, (_, n) => made + n)
    await Promise.all(
      missing.map((n) => put({ ...fields, data: { n }, expiresAt: clock.in(hourMs + (n % 3) * minuteMs) })),
    )
    made = size
    await look(size)
  }
}

const numbers = (list: readonly { data: { n?: unknown } }[]) =>
  list.map(({ data }) => Number(data.n)).sort((a, b) => a - b)
const upTo = (size: number) => Array.from({ length: size }, (_, n) => n)

/** A fault at the boundary of a page shows with certain numbers of sessions alone. */
export const pageCases = caseGroup('pages', [], {
  'of-entries': {
    title: 'entries gives each session once, also where a page is just full',
    requires: ['scan'],
    run: (context) =>
      grow(context, async (size) => {
        same(numbers(await all(context.store)), upTo(size), `of ${size} sessions entries gives each once`)
      }),
  },
  'of-a-list': {
    title: 'listByIdentity gives each session once, also where a page is just full',
    requires: ['identityIndex'],
    async run(context) {
      await context.put({ identity: bob })
      const list = () => context.store.listByIdentity(refOf(alice))
      const look = async (size: number) => {
        same(numbers(await list()), upTo(size), `of ${size} sessions the list gives each once`)
      }
      await grow(context, look, { identity: alice })
    },
  },
  'of-a-sign-out': {
    title: 'deleteByIdentity ends all but the excepted one, also where a step is just full',
    requires: ['identityIndex'],
    async run({ store, put }) {
      for (const size of [100, 101, 256, 257]) {
        const sessions = await Promise.all(Array.from({ length: size }, () => put({ identity: alice })))
        const except = sessions[size >> 1]?.id ?? ''
        same(await store.deleteByIdentity(refOf(alice), { except }), size - 1, `of ${size} sessions all but one end`)
        same((await store.listByIdentity(refOf(alice))).length, 1, 'one is left')
        same(await store.deleteByIdentity(refOf(alice)), 1, 'and ends with the next')
      }
    },
  },
  'of-a-clean-up': {
    title: 'cleanExpired removes all that has expired and counts each once, also where a step is just full',
    requires: ['cleanExpired'],
    async run({ store, put, clock }) {
      await put()
      for (const size of [100, 101, 256, 257]) {
        await Promise.all(Array.from({ length: size }, () => put({ expiresAt: clock.in(minuteMs / 100) })))
        clock.advance(minuteMs / 100)
        same(await store.cleanExpired(), size, `of ${size} expired sessions each is removed and counted once`)
        same(await store.cleanExpired(), 0, 'nothing is left for the next')
      }
    },
  },
  'go-on-from-one-that-went': {
    title: 'where the session that entries gave last is deleted, all others are still given',
    requires: ['scan'],
    async run({ store, put, peer }) {
      const other = await peer()
      const sessions = await Promise.all(Array.from({ length: 520 }, (_, n) => put({ data: { n } })))
      const ends = new Set(sizes.map((size) => size - 1))
      const seen = new Set<number>()
      for await (const { data } of store.entries()) {
        // The one that a page ends with is what the next one goes on from.
        if (ends.has(seen.size)) await other.delete(sessions[Number(data.n)]?.id ?? '')
        seen.add(Number(data.n))
      }
      const missed = upTo(520).filter((n) => !seen.has(n))
      same(missed, [], 'a session is given, though the one before it is deleted')
    },
  },
})
