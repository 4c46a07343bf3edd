import { randomBytes } from 'node:crypto'
import type { SessionStore } from '../contract/session-store.ts'
import type { CaseContext, ConformanceCase } from './conformance-case.ts'
import { handledStore } from './handled-store.ts'
import type { ConformanceHarness, ConformanceOpenOptions } from './harness.ts'
import { detached } from './samples.ts'
import { within } from './time-limit.ts'

/**
 * Long past, so that a store that gives its server an instant and not a duration to expire at loses every session; and
 * with milliseconds, so that one that rounds to seconds is seen.
 */
const start = Date.parse('2001-02-03T04:05:06.789Z')
const hourMs = 3_600_000
const defaultSeed = 20_010_203

/** The context of one case, with its store open. `end` closes all that the case opened; it rejects where a close does. */
export async function openContext(
  harness: ConformanceHarness,
  definition: ConformanceCase,
  limitMs: number,
): Promise<{ context: CaseContext; end: () => Promise<void>; stoodIn: () => boolean }> {
  let nowMs = start
  const options: ConformanceOpenOptions = {
    now: () => nowMs,
    ...definition.options?.(),
  }
  const owners: SessionStore[] = []
  const opened: SessionStore[] = []
  let peer: SessionStore | undefined
  const lastSteps: (() => void)[] = []
  let stoodIn = false

  async function openBare(): Promise<SessionStore> {
    const store = await harness.open(options)
    owners.push(store)
    opened.push(store)
    return store
  }

  async function openPeerOf(owner: SessionStore, further = {}): Promise<SessionStore | null> {
    if (!harness.openPeer) return null
    const another = await harness.openPeer(owner, { ...options, ...further })
    if (another === owner) return null
    opened.push(another)
    return another
  }

  const bare = await openBare()
  const store = handledStore(bare)
  const context: CaseContext = {
    store,
    bare,
    seed: harness.seed ?? defaultSeed,
    limitMs,
    clock: {
      now: options.now,
      advance: (ms) => {
        nowMs += ms
      },
      in: (ms) => new Date(nowMs + ms),
    },
    open: async () => handledStore(await openBare()),
    async peer() {
      peer ??= await context.anotherPeer()
      return peer
    },
    async peerWith(further) {
      const another = await openPeerOf(bare, further)
      return another && handledStore(another)
    },
    async anotherPeer() {
      const another = await openPeerOf(bare)
      if (another === null) stoodIn = true
      return another === null ? store : handledStore(another)
    },
    atEnd: (step) => void lastSteps.push(step),
    newId: () => randomBytes(32).toString('base64url'),
    // A copy, so that what a case compares with is not the very object that a store gave out and kept.
    put: async (fields = {}) =>
      detached(await store.save({ id: context.newId(), expiresAt: new Date(nowMs + hourMs), ...fields })),
    dump: async () => (harness.dump ? await harness.dump(bare) : ''),
    damage: async (id) => harness.damage?.(bare, id),
    move: async (fromId, toId) => harness.move?.(bare, fromId, toId),
    async outage() {
      if (!harness.outage) throw new Error('the harness has no outage')
      const outage = await harness.outage(bare)
      return { end: async () => await outage.end() }
    },
  }

  async function end(): Promise<void> {
    const failures: unknown[] = []
    const attempt = async (what: string, step: () => unknown) => {
      try {
        await within(limitMs, Promise.resolve(step()), what)
      } catch (error) {
        failures.push(error)
      }
    }
    for (const step of lastSteps) step()
    for (const each of [...new Set(opened)].reverse()) await attempt('close', () => each.close())
    for (const owner of owners) await attempt('teardown', () => harness.teardown?.(owner))
    if (failures.length > 0) throw failures[0]
  }

  return { context, end, stoodIn: () => stoodIn }
}
