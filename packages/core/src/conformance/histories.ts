import type * as FastCheck from 'fast-check'
import type { Capabilities } from '../contract/capabilities.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Identity, Session } from '../contract/session.ts'
import type { SessionStore } from '../contract/session-store.ts'
import { holds, same } from './expectations.ts'
import type { Model, ModelSession } from './model.ts'
import { alice, bob, malformedIds, refOf } from './samples.ts'

/** One step of a generated history. Each kind reads the fields that it needs. */
export interface Step {
  kind: StepKind
  /** Which of the clients takes it. */
  client: number
  /** Which of the sessions and states it is about. */
  slot: number
  person: number
  ttlMs: number
  deadlineMs: number | null
  data: JsonObject
}

/** What a history plays on: a store and a model of it, with a few sessions that are referred to by slot. */
export interface World {
  readonly clients: readonly SessionStore[]
  readonly model: Model
  readonly ids: string[]
  /** The session of each slot as some client last had it: saving it may come too late. */
  readonly held: (Session | null)[]
  readonly states: readonly string[]
  advance(ms: number): void
}

const people: readonly (Identity | null)[] = [alice, bob, null]
const userAgents = [undefined, 'firefox', 'curl']
const everyone = [alice, bob]

const modelled = (session: Session | null): ModelSession | null =>
  session && {
    identity: session.identity,
    data: session.data,
    createdAt: session.createdAt,
    lastSeenAt: session.lastSeenAt,
    authenticatedAt: session.authenticatedAt,
    expiresAt: session.expiresAt,
    ttlMs: session.ttlMs,
    deadline: session.deadline,
  }

const whoIs = (identity: Identity | null) => identity && identity.providerId + identity.externalId

type Play = (step: Step & { store: SessionStore; id: string }, world: World) => Promise<void>

const plays = {
  async load({ store, id, slot }, { model, held }) {
    const session = await store.load(id)
    same(modelled(session), model.load(id), 'load agrees with the model')
    held[slot] = session
  },
  async exists({ store, id }, { model }) {
    same(await store.exists(id), model.load(id) !== null, 'exists agrees with the model')
  },
  async delete({ store, id }, { model }) {
    same(await store.delete(id), model.delete(id), 'delete agrees with the model')
  },
  async saveByHand({ store, id, slot, person, ttlMs, deadlineMs, data }, { model, held }) {
    const fields = {
      identity: people[person] ?? null,
      data,
      createdAt: model.in(0),
      authenticatedAt: person === 0 ? model.in(0) : null,
      expiresAt: model.in(ttlMs),
      ttlMs: 2 * ttlMs,
      deadline: deadlineMs === null ? null : model.in(deadlineMs),
    }
    const saved = await store.save({ id, ...fields })
    const expected = model.put(id, { ...fields, lastSeenAt: model.in(0) })
    same(modelled(saved), expected, 'a save by hand agrees with the model')
    held[slot] = saved
  },
  async saveHeld({ store, slot, person, ttlMs, data }, { model, held }) {
    const session = held[slot]
    if (!session) return
    const changes = { identity: people[person] ?? null, data, expiresAt: model.in(ttlMs) }
    const [outcome] = await Promise.allSettled([store.save({ ...session, ...changes })])
    const { authenticatedAt } = session
    const expected = model.replace(session.id, { ...changes, authenticatedAt })
    if (expected) {
      if (outcome.status === 'rejected') throw outcome.reason
      same(modelled(outcome.value), expected, 'a versioned save agrees with the model')
      holds(outcome.value.version !== session.version, 'a save gives a new version')
      held[slot] = outcome.value
      return
    }
    const code = outcome.status === 'rejected' && (outcome.reason as { code?: unknown }).code
    same(code, 'SESS_GONE', 'a versioned save of what is gone is SESS_GONE')
  },
  async expireHeld({ store, slot }, { model, held }) {
    const session = held[slot]
    if (!session) return
    const [outcome] = await Promise.allSettled([store.save({ ...session, expiresAt: model.in(0) })])
    const code = outcome.status === 'rejected' ? (outcome.reason as { code?: unknown }).code : null
    same(code, model.delete(session.id) ? null : 'SESS_GONE', 'a save with a passed expiresAt agrees with the model')
  },
  async advance({ ttlMs }, { advance }) {
    advance(Math.floor(ttlMs / 2))
  },
  async malformed({ store, slot, client }) {
    const [, id] = malformedIds[(slot * 7 + client) % malformedIds.length] ?? ['', '']
    same([await store.load(id), await store.delete(id)], [null, false], 'a malformed id finds nothing')
  },
  async create({ store, slot, person, ttlMs, deadlineMs, data }, { model, ids, held }) {
    const identity = people[person] ?? null
    const deadline = deadlineMs === null ? null : model.in(deadlineMs)
    const created = await store.create({ identity, data, ttl: ttlMs, deadline })
    const now = model.in(0)
    const times = { createdAt: now, lastSeenAt: now, expiresAt: model.in(ttlMs), ttlMs, deadline }
    const fields = { identity, data, authenticatedAt: identity && now, ...times }
    same(modelled(created), model.put(created.id, fields), 'create agrees with the model')
    ids[slot] = created.id
    held[slot] = created
  },
  async update({ store, id, person, data }, { model }) {
    const before = model.load(id)
    const identity = people[person] ?? null
    const updated = await store.update(id, (session) => ({ ...session, identity, data }))
    const isSame = whoIs(before?.identity ?? null) === whoIs(identity)
    const authenticatedAt = isSame ? (before?.authenticatedAt ?? null) : null
    const expected = before && model.replace(id, { identity, data, authenticatedAt })
    same(modelled(updated), expected, 'update agrees with the model')
  },
  /** While the change runs, another client touches the session. */
  async updateBesideTouch({ store, id, client, ttlMs, data }, { model, clients }) {
    const other = clients[1 - client] as SessionStore
    let touched: unknown = null
    const updated = await store.update(id, async (session) => {
      touched = await other.touch(id, { ttl: ttlMs })
      session.data = data
    })
    same(touched, model.touch(id, ttlMs), 'a touch beside an update agrees with the model')
    const before = model.load(id)
    same(modelled(updated), before && model.replace(id, { ...before, data }), 'update agrees with the model')
  },
  async touch({ store, id, ttlMs }, { model }) {
    same(await store.touch(id, { ttl: ttlMs }), model.touch(id, ttlMs), 'touch agrees with the model')
  },
  async touchIdle({ store, id }, { model }) {
    same(await store.touch(id), model.touch(id), 'a touch without a ttl agrees with the model')
  },
  async loadAndTouch({ store, id, ttlMs }, { model }) {
    const before = model.load(id)
    const isDue = before !== null && model.in(-ttlMs) > before.lastSeenAt
    if (isDue) model.touch(id)
    same(modelled(await store.load(id, { touch: ttlMs })), model.load(id), 'a load that touches agrees with the model')
  },
  async saveUnmoved({ store, slot, data }, { model, held }) {
    const session = held[slot]
    if (!session) return
    const [outcome] = await Promise.allSettled([store.save({ ...session, data })])
    const { identity, authenticatedAt } = session
    const expected = model.replace(session.id, { identity, authenticatedAt, data })
    if (expected) {
      if (outcome.status === 'rejected') throw outcome.reason
      same(modelled(outcome.value), expected, 'a save that moves no expiry agrees with the model')
      held[slot] = outcome.value
      return
    }
    const code = outcome.status === 'rejected' && (outcome.reason as { code?: unknown }).code
    same(code, 'SESS_GONE', 'a versioned save of what is gone is SESS_GONE')
  },
  async rotate({ store, id, slot }, { model, ids }) {
    const rotated = await store.rotate(id)
    same(modelled(rotated), model.rotate(id, rotated?.id), 'rotate agrees with the model')
    if (rotated) ids[slot] = rotated.id
  },
  async signIn({ store, id, slot, person, ttlMs, deadlineMs }, { model, ids }) {
    const identity = everyone[person % 2] ?? alice
    const deadline = deadlineMs === null ? null : model.in(deadlineMs)
    const rotated = await store.rotate(id, { identity, ttl: ttlMs, deadline })
    const times = { authenticatedAt: model.in(0), expiresAt: model.in(ttlMs), ttlMs, deadline }
    same(modelled(rotated), model.rotate(id, rotated?.id, { identity, ...times }), 'a sign-in agrees with the model')
    if (rotated) ids[slot] = rotated.id
  },
  async count({ store }, { model }) {
    same(await store.count(), model.live().length, 'count agrees with the model')
  },
  async cleanExpired({ store }) {
    await store.cleanExpired()
  },
  async listByIdentity({ store, person }, { model }) {
    const who = everyone[person % 2] ?? alice
    const listed = (await store.listByIdentity(refOf(who))).map(({ createdAt, data }) => [createdAt.getTime(), data])
    const expected = model.of(who).map(([, { createdAt, data }]) => [createdAt.getTime(), data])
    same(sorted(listed), sorted(expected), 'listByIdentity agrees with the model')
    same(
      listed.map(([at]) => at),
      expected.map(([at]) => at).sort(ascending),
      'listByIdentity gives the oldest first',
    )
  },
  async deleteByIdentity({ store, id, person, slot }, { model }) {
    const who = everyone[person % 2] ?? alice
    const except = slot % 2 === 0 ? id : undefined
    const ended = model.of(who).filter(([each]) => each !== except)
    const count = await store.deleteByIdentity(refOf(who), except === undefined ? {} : { except })
    same(count, ended.length, 'deleteByIdentity agrees with the model')
    for (const [each] of ended) model.delete(each)
  },
  async deleteByHandle({ store, person }, { model }) {
    const who = everyone[person % 2] ?? alice
    const [summary] = await store.listByIdentity(refOf(who))
    if (!summary) return
    same(await store.deleteByHandle(summary.handle), true, 'deleteByHandle finds what the list named')
    let ended = 0
    for (const [id] of model.of(who)) if (!(await store.exists(id)) && model.delete(id)) ended++
    same(ended, 1, 'deleteByHandle ends one session')
  },
  async entries({ store }, { model }) {
    const found: unknown[] = []
    for await (const summary of store.entries()) {
      const { version: _version, handle: _handle, ...rest } = summary
      found.push(rest)
    }
    same(sorted(found), sorted(model.live().map(([, session]) => session)), 'entries agrees with the model')
  },
  async putState({ store, slot, person, data, ttlMs }, { model, states }) {
    const state = states[slot] ?? ''
    const userAgent = userAgents[person]
    await store.putState({ state, data, ttl: ttlMs, ...(userAgent === undefined ? {} : { userAgent }) })
    model.putState(state, userAgent, data, ttlMs)
  },
  async consumeState({ store, slot, person }, { model, states }) {
    const state = states[slot] ?? ''
    const userAgent = userAgents[person]
    const consumed = await store.consumeState(state, userAgent === undefined ? {} : { userAgent })
    same(consumed, model.consumeState(state, userAgent), 'consumeState agrees with the model')
  },
} satisfies Record<string, Play>

export type StepKind = keyof typeof plays

const needs: Partial<Record<StepKind, readonly (keyof Capabilities)[]>> = {
  create: ['create'],
  update: ['update'],
  updateBesideTouch: ['update', 'touch'],
  touch: ['touch'],
  touchIdle: ['touch'],
  loadAndTouch: ['touch'],
  rotate: ['rotate'],
  signIn: ['rotate'],
  count: ['count'],
  cleanExpired: ['cleanExpired'],
  listByIdentity: ['identityIndex'],
  deleteByIdentity: ['identityIndex'],
  deleteByHandle: ['identityIndex', 'handles'],
  entries: ['scan'],
  putState: ['states'],
  consumeState: ['states'],
}

/** Drawn more often, so that there is something for the others to find. */
const often: readonly StepKind[] = ['saveByHand', 'saveByHand', 'create', 'create', 'saveHeld', 'deleteByIdentity']

export const slots = 4

export async function play(history: readonly Step[], world: World): Promise<void> {
  for (const step of history) {
    const store = world.clients[step.client] as SessionStore
    await (plays[step.kind] as Play)({ ...step, store, id: world.ids[step.slot] ?? '' }, world)
  }
}

/** Any UTF-16 code unit as a text, half of a pair too. */
export function utf16(fc: typeof FastCheck): FastCheck.Arbitrary<string> {
  return fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit))
}

/** Histories of what the store can do, with lives and deadlines that end while they last. */
export function histories(fc: typeof FastCheck, capabilities: Capabilities): FastCheck.Arbitrary<Step[]> {
  const kinds = (Object.keys(plays) as StepKind[]).filter((kind) =>
    (needs[kind] ?? []).every((name) => capabilities[name]),
  )
  const unit = utf16(fc)
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
  const leaf = fc.oneof(fc.string({ unit }), finite, fc.boolean(), fc.constant(null), fc.array(fc.integer()))
  const step = fc.record<Step>({
    kind: fc.constantFrom(...kinds, ...often.filter((kind) => kinds.includes(kind))),
    client: fc.nat({ max: 1 }),
    slot: fc.nat({ max: slots - 1 }),
    person: fc.nat({ max: 2 }),
    ttlMs: fc.constantFrom(999, 60_000, 90_500, 3_600_000),
    deadlineMs: fc.option(fc.constantFrom(500, 60_000, 3_600_000)),
    data: fc.dictionary(fc.string({ unit, maxLength: 4 }), leaf, { maxKeys: 3, noNullPrototype: true }),
  })
  return fc.array(step, { minLength: 10, maxLength: 40, size: 'max' })
}

const ascending = (a: unknown, b: unknown) => Number(a) - Number(b)

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value, canonical)).sort()
}

/** The order of keys is no promise; -0 and 0 are told apart. */
function canonical(_: string, value: unknown): unknown {
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
