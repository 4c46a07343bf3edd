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

/** Gives a session a new id, and may sign in or out in the same step. */
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

  /**
   * Returns a function that prepares the rotation of a stored session. Its result writes the rotation under a new id. It is
   * null where the session counts as absent.
   */
  #rotation<Data extends object>({ identity, data, ttl, deadline: limit }: RotateOptions<Data>) {
    const { codec, options } = this.#parts
    const givenTtlMs = ttl === undefined ? null : durationMs(ttl, 'ttl')
    const isSignIn = identity !== undefined && identity !== null
    return (id: string, held: HeldKey, stored: SessionRecord) => {
      // The session is decoded before the old id dies: a session that cannot be read keeps its id.
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
        // Data that is stored already is not refused for its size.
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

/** Returns the absolute limit, in epoch ms, of a session that begins now. */
export function limitOf(given: Date | null | undefined, maxLifetimeMs: number | null, now: number): number | null {
  if (given === undefined) return maxLifetimeMs === null ? null : now + maxLifetimeMs
  return given === null ? null : deadlineArgument(given, now)
}

/** Returns the earlier of the stored and the given limit. */
function earlier(stored: number | null, given: Date | null | undefined, now: number): number | null {
  if (given === undefined || given === null) return stored
  return Math.min(deadlineArgument(given, now), stored ?? Number.POSITIVE_INFINITY)
}
