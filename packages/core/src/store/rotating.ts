import { durationMs } from '../contract/durations.ts'
import type { RotateOptions } from '../contract/method-options.ts'
import type { Session } from '../contract/session.ts'
import { deadlineArgument } from './arguments.ts'
import type { SessionRecord } from './backend.ts'
import type { HeldKey } from './coalescer/coalescer.ts'
import { changedRecord } from './encoding/records.ts'
import { withFreshId } from './fresh-id.ts'
import type { Rewriting } from './rewriting.ts'
import type { StoreParts } from './store-parts.ts'

/** Gives a session a new id, and signs in or out with it. */
export class Rotating {
  readonly #parts: StoreParts
  readonly #rewriting: Rewriting
  readonly #colocated: (key: string, newKey: string) => boolean

  constructor(parts: StoreParts, rewriting: Rewriting, colocated: (key: string, newKey: string) => boolean) {
    this.#parts = parts
    this.#rewriting = rewriting
    this.#colocated = colocated
  }

  rotate<Data extends object>(key: string, id: string, given: RotateOptions<Data>): Promise<Session<Data> | null> {
    const { codec, options } = this.#parts
    const rotation = this.#rotation(given)
    const canBeBeside = (newId: string) => this.#colocated(key, codec.keyOf(newId))
    return this.#rewriting.untilWritten(key, (held, _turn, stored) => {
      const write = rotation(id, held, stored)
      return write === null ? Promise.resolve('gone' as const) : withFreshId(options.generateId, write, canBeBeside)
    })
  }

  /** Makes of a stored session the writes of its rotation, one for each new id that is tried; null where it counts as absent. */
  #rotation<Data extends object>({ identity, data, ttl, deadline: limit }: RotateOptions<Data>) {
    const { codec, options } = this.#parts
    const givenTtlMs = ttl === undefined ? null : durationMs(ttl, 'ttl')
    const isSignIn = identity !== undefined && identity !== null
    return (id: string, held: HeldKey, stored: SessionRecord) => {
      // It is decoded before the old id dies: a session that cannot be read keeps it.
      const session = codec.decode<Data>(id, stored)
      if (session === null) return null
      const now = options.now()
      const ttlMs = givenTtlMs ?? session.ttlMs
      const authenticatedAt = session.authenticatedAt?.getTime() ?? null
      const writesNothingNew = identity === undefined && data === undefined
      const prepared = codec.prepare(
        {
          identity: identity === undefined ? session.identity : identity,
          data: data ?? session.data,
          createdAt: stored.createdAt,
          lastSeenAt: now,
          authenticatedAt: isSignIn ? now : identity === null ? null : authenticatedAt,
          expiresAt: isSignIn ? now + ttlMs : stored.expiresAt,
          ttlMs,
          deadline: isSignIn ? limitOf(limit, options.maxLifetimeMs, now) : earlier(stored.deadline, limit, now),
        },
        // What was stored once is not too large now.
        writesNothingNew ? Number.POSITIVE_INFINITY : undefined,
      )
      return (newId: string) => {
        const newKey = codec.keyOf(newId)
        const encoded = codec.encode(newKey, newId, prepared, writesNothingNew ? stored.version : undefined)
        const record = changedRecord(encoded.record, !isSignIn)
        const rotate = { kind: 'rotate', key: stored.key, newKey, record, ifVersion: stored.version } as const
        return held.write(rotate, (outcome) => {
          if (outcome === 'taken') return null
          return typeof outcome === 'string' ? outcome : codec.stored<Data>(newId, encoded, outcome)
        })
      }
    }
  }
}

/** The absolute limit, in epoch ms, of a session that begins now. */
export function limitOf(given: Date | null | undefined, maxLifetimeMs: number | null, now: number): number | null {
  if (given === undefined) return maxLifetimeMs === null ? null : now + maxLifetimeMs
  return given === null ? null : deadlineArgument(given, now)
}

/** The earlier of a stored limit and one that is given. */
function earlier(stored: number | null, given: Date | null | undefined, now: number): number | null {
  if (given === undefined || given === null) return stored
  return Math.min(deadlineArgument(given, now), stored ?? Number.POSITIVE_INFINITY)
}
