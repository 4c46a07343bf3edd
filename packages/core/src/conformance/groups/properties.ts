import { randomBytes } from 'node:crypto'
import type * as FastCheck from 'fast-check'
import type { JsonObject } from '../../contract/json.ts'
import type { Session } from '../../contract/session.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { type CaseContext, caseGroup } from '../conformance-case.ts'
import { fail, isError, same } from '../expectations.ts'
import { histories, play, slots, utf16 } from '../histories.ts'
import { Model } from '../model.ts'
import { dayMs, hourMs, loaded } from '../samples.ts'

async function fastCheck(): Promise<typeof FastCheck> {
  try {
    return await import('fast-check')
  } catch {
    fail('fast-check is not installed: the generated cases of @sess/core/conformance need it as a dev dependency')
  }
}

/** Checks the property and, where it fails, tells the smallest counterexample and how to run it again. */
async function check<T>(
  { seed }: CaseContext,
  fc: typeof FastCheck,
  arbitrary: FastCheck.Arbitrary<T>,
  numRuns: number,
  predicate: (value: T) => Promise<void>,
): Promise<void> {
  const details = await fc.check(fc.asyncProperty(arbitrary, predicate), { seed, numRuns })
  if (!details.failed) return
  const { counterexample, errorInstance, counterexamplePath } = details
  const example = fc.stringify(counterexample?.[0])
  const cause = isError(errorInstance) ? errorInstance.message : String(errorInstance)
  fail(`${cause}\nseed ${seed}, path ${counterexamplePath}, counterexample ${example}`)
}

const newIds = () => Array.from({ length: slots }, () => randomBytes(32).toString('base64url'))

/** What a caller can do to one id without waiting for an answer. */
const unawaited = ['save', 'delete', 'exists', 'load', 'touch', 'update'] as const
type Unawaited = (typeof unawaited)[number]

function issue(store: SessionStore, model: Model, kind: Unawaited, id: string, n: number): [Promise<unknown>, unknown] {
  const brief = (session: { data: JsonObject; expiresAt: Date } | null) => session && [session.data, session.expiresAt]
  switch (kind) {
    case 'save': {
      const fields = {
        identity: null,
        data: { n },
        createdAt: model.in(0),
        authenticatedAt: null,
        expiresAt: model.in(hourMs),
        ttlMs: hourMs,
        deadline: null,
      }
      const expected = model.put(id, { ...fields, lastSeenAt: model.in(0) })
      return [store.save({ id, ...fields }).then(brief), brief(expected)]
    }
    case 'delete':
      return [store.delete(id), model.delete(id)]
    case 'exists':
      return [store.exists(id), model.load(id) !== null]
    case 'load':
      return [store.load(id).then(brief), brief(model.load(id))]
    case 'touch':
      return [store.touch(id, { ttl: dayMs + n }), model.touch(id, dayMs + n)]
    case 'update': {
      const updated = store.update(id, (session: Session) => {
        session.data.u = n
      })
      const before = model.load(id)
      const expected = before && model.replace(id, { ...before, data: { ...before.data, u: n } })
      return [updated.then(brief), brief(expected)]
    }
  }
}

export const propertyCases = caseGroup('properties', [], {
  'histories-agree-with-a-model': {
    title: 'whatever two clients do in turn, every answer is that of a simple model',
    async run(context) {
      const { store, clock, peer } = context
      const fc = await fastCheck()
      const clients = [store, await peer()]
      await check(context, fc, histories(fc, store.capabilities), 60, async (history) => {
        const world = {
          clients,
          model: new Model(clock.now),
          ids: newIds(),
          held: new Array<null>(slots).fill(null),
          states: newIds(),
          advance: clock.advance,
        }
        try {
          await play(history, world)
        } finally {
          clock.advance(dayMs) // beyond all lives: the next history finds the storage empty
        }
      })
    },
  },
  'unawaited-calls-take-effect-in-order': {
    title: 'whatever is issued for a few ids without waiting takes effect in the order of the calls',
    async run(context) {
      const { store, clock } = context
      const fc = await fastCheck()
      const able = unawaited.filter((kind) => (kind === 'touch' || kind === 'update' ? store.capabilities[kind] : true))
      const step = fc.record({ kind: fc.constantFrom(...able), slot: fc.nat({ max: slots - 1 }) })
      await check(context, fc, fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), 60, async (steps) => {
        const [model, ids] = [new Model(clock.now), newIds()]
        const issued = steps.map(({ kind, slot }, n) => issue(store, model, kind, ids[slot] ?? '', n))
        const answers = await Promise.allSettled(issued.map(([answer]) => answer))
        for (const [n, answer] of answers.entries()) {
          if (answer.status === 'rejected') throw answer.reason
          same(answer.value, issued[n]?.[1], `call ${n} (${steps[n]?.kind}) takes effect in its turn`)
        }
      })
    },
  },
  'json-round-trips': {
    title: 'any JSON is kept exactly',
    async run(context) {
      const { store, put } = context
      const fc = await fastCheck()
      const text = fc.string({ unit: utf16(fc) })
      const key = fc.oneof(text, fc.string()).filter((each) => each !== '__proto__')
      const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
      const leaf = fc.oneof(text, fc.string(), finite, fc.integer(), fc.boolean(), fc.constantFrom(null, -0))
      const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
        tree: fc.oneof(
          { maxDepth: 4, depthSize: 'small' },
          leaf,
          fc.array(tie('tree'), { maxLength: 5 }),
          fc.dictionary(key, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
        ),
      }))
      const arbitrary = fc.dictionary(key, tree, {
        maxKeys: 5,
        noNullPrototype: true,
      }) as FastCheck.Arbitrary<JsonObject>
      await check(context, fc, arbitrary, 150, async (data) => {
        const saved = await put({ data })
        same(saved.data, data, 'what save resolves with is what was saved')
        same((await loaded(store, saved.id)).data, data, 'any JSON is kept exactly')
      })
    },
  },
  'any-text-is-an-id-or-not-found': {
    title: 'no text that is given for an id breaks a lookup or finds a session',
    async run(context) {
      const { store, put } = context
      const fc = await fastCheck()
      const session = await put()
      const text = fc.oneof(fc.string({ unit: utf16(fc), maxLength: 600 }), fc.string({ maxLength: 600 }))
      await check(context, fc, text, 150, async (id) => {
        same([await store.load(id), await store.exists(id), await store.delete(id)], [null, false, false], 'not found')
      })
      same(await store.load(session.id), session, 'the session is untouched')
    },
  },
})
