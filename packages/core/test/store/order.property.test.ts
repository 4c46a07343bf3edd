import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Session } from '../../src/contract/session.ts'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

/** An operation on one session, as one caller issues it. What it resolves with must not depend on the others being awaited. */
type Operation = (store: SessionStore, known: Session, n: number) => Promise<unknown>

const at = Date.parse('2030-01-01')
const codeOf = (call: Promise<unknown>) => call.catch((error: { code?: string }) => error.code)
const dataOf = (call: Promise<Session | null>) =>
  call.then((session) => session && { data: session.data, expiresAt: session.expiresAt.getTime() })

const operations: Readonly<Record<string, Operation>> = {
  load: (store, { id }) => dataOf(store.load(id)),
  exists: (store, { id }) => store.exists(id),
  delete: (store, { id }) => store.delete(id),
  touch: (store, { id }, n) => store.touch(id, { ttl: 1_000 + n }).then((date) => date?.getTime()),
  saveByHand: (store, { id }, n) => dataOf(store.save({ id, data: { n }, expiresAt: new Date(at + 5_000 + n) })),
  saveAgain: (store, known, n) => codeOf(dataOf(store.save({ ...known, data: { n } }))),
  saveExpired: (store, known) => codeOf(store.save({ ...known, expiresAt: new Date(at - 1) }).then(() => 'ended')),
  update: (store, { id }, n) =>
    dataOf(
      store.update(id, ({ data }) => {
        data.updated = [...((data.updated as number[] | undefined) ?? []), n]
      }),
    ),
  updateExpiry: (store, { id }, n) =>
    dataOf(
      store.update(id, (session) => {
        session.expiresAt = new Date(at + 9_000 + n)
      }),
    ),
  failingUpdate: (store, { id }) =>
    store
      .update(id, () => {
        throw new Error('no')
      })
      .catch(() => 'no'),
  rotateAway: (store, { id }) => store.rotate(id).then((session) => session && session.id !== id),
}

/** A backend that lets so many turns of the event loop pass before each answer, in turns. */
function slowBackend(turns: readonly number[]): MapBackend {
  const backend = new MapBackend()
  let calls = 0
  backend.before = async () => {
    const wait = turns[calls++ % turns.length] as number
    for (let turn = 0; turn < wait; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  return backend
}

async function run(backend: MapBackend, names: readonly string[], isAwaited: boolean, coalesce: boolean) {
  let ids = 0
  const store = createSessionStore(backend, { now: () => at, coalesce, generateId: () => `id-${ids++}` })
  const known = await store.create({ data: { n: 0 } })
  const results: unknown[] = []
  for (const [n, name] of names.entries()) {
    const result = (operations[name] as Operation)(store, known, n)
    results.push(isAwaited ? await result : result)
  }
  return { results: await Promise.all(results), left: await dataOf(store.load(known.id)), count: await store.count() }
}

describe('operations on one id that one caller issues in order', () => {
  it('take effect in that order, awaited or not, however slow each answer is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(operations)), { minLength: 2, maxLength: 12 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (names, turns, coalesce) => {
          const awaited = await run(new MapBackend(), names, true, coalesce)
          const issued = await run(slowBackend(turns), names, false, coalesce)
          if (JSON.stringify(awaited) !== JSON.stringify(issued)) {
            throw new Error(`awaited ${JSON.stringify(awaited)}\nnot awaited ${JSON.stringify(issued)}`)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
