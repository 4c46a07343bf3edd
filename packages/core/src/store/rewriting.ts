import { setTimeout as delay } from 'node:timers/promises'
import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { Identity, Session } from '../contract/session.ts'
import { checkChanged } from './arguments.ts'
import type { SessionRecord } from './backend.ts'
import type { HeldKey } from './coalescer/coalescer.ts'
import { changedRecord } from './encoding/records.ts'
import type { StoreParts } from './store-parts.ts'
import type { UpdateTurn } from './update-turns.ts'

const writeTries = 64
/** From this attempt on, each attempt first waits for a random moment, so that writers stop colliding. */
const firstPausedTry = 4

/** A change of a session or of a summary. It returns nothing where it altered its argument in place. */
// biome-ignore lint/suspicious/noConfusingVoidType: a change in place returns nothing
type Change<S> = (session: S) => S | void | PromiseLike<S | void>

/** Writes that read the session first. They start again where another writer changed the session in between. */
export class Rewriting {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /**
   * Reads a live session and calls `attempt` to write it. It starts again where another writer came between. Resolves with
   * null where no live session has the key. The key is held from the read to the write, unless `attempt` releases it
   * earlier.
   * @throws `SESS_CONFLICT` after a bounded number of tries
   */
  async untilWritten<T>(
    key: string,
    attempt: (held: HeldKey, turn: UpdateTurn, stored: SessionRecord) => Promise<T | 'conflict' | 'gone'>,
  ): Promise<T | null> {
    const { turns, options } = this.#parts
    const turn = turns.begin(key)
    try {
      for (let tries = 0; tries < writeTries; tries += 1) {
        if (tries >= firstPausedTry) await delay(Math.random() * Math.min(2 ** (tries - firstPausedTry), 32))
        const held = await turn.hold()
        try {
          const stored = await held.read((record) => record)
          if (stored === null || stored.expiresAt <= options.now()) return null
          const outcome = await attempt(held, turn, stored)
          if (outcome === 'gone') return null
          if (outcome !== 'conflict') return outcome
        } finally {
          held.release()
        }
      }
    } finally {
      turn.end()
    }
    throw new SessionError(
      'SESS_CONFLICT',
      `another writer changed the session during each of ${writeTries} attempts; nothing is written`,
    )
  }

  /**
   * Applies a change to a session and resolves with the written session; null where there is none. `id` is empty where the
   * caller does not know it.
   */
  change<Data extends object>(key: string, id: string, change: Change<Session<Data>>): Promise<Session<Data> | null> {
    if (typeof change !== 'function') throw invalidArgument('change must be a function', 'type')
    return this.untilWritten(key, async (held, turn, stored) => {
      const session = this.#parts.codec.decode<Data>(id, stored)
      if (session === null) return 'gone'
      // A change may alter any field of its session, so these are kept for the check.
      const { handle, authenticatedAt } = session
      const before = {
        id,
        handle,
        person: personOf(session.identity),
        authenticatedAt: authenticatedAt?.getTime() ?? null,
      }
      return turn.run(
        held,
        () => change(session),
        async (result, write) => this.#swap(stored, before, (result ?? session) as Session<Data>, write),
      )
    })
  }

  /** Writes the result of a change, if the stored session still has the version that the change was given. */
  #swap<Data extends object>(
    stored: SessionRecord,
    before: Before,
    result: Session<Data>,
    write: HeldKey['write'],
  ): Promise<Session<Data> | 'conflict' | 'gone'> {
    const { codec, options } = this.#parts
    const { id } = before
    const { identity, data, expiresAt } = checkChanged(result, before, options.now())
    // A change cannot move these: the stored values stay, whatever the changed session says.
    const { key, createdAt, deadline, version: ifVersion } = stored
    const fields = {
      identity,
      data,
      createdAt,
      lastSeenAt: options.now(),
      authenticatedAt: personOf(identity) === before.person ? before.authenticatedAt : null,
      expiresAt: expiresAt ?? stored.expiresAt,
      ttlMs: stored.ttlMs ?? options.ttlMs,
      deadline,
    }
    const encoded = codec.encode(key, id, codec.prepare(fields))
    const record = changedRecord(encoded.record, fields.expiresAt === stored.expiresAt)
    return write({ kind: 'compareAndSwap', key, record, ifVersion }, (outcome) => {
      if (typeof outcome === 'string') return outcome
      return outcome.expiresAt > options.now() ? codec.stored<Data>(id, encoded, outcome) : 'gone'
    })
  }
}

/** The fields that a change cannot move. */
interface Before {
  readonly id: string
  readonly handle: string
  readonly person: string | null
  readonly authenticatedAt: number | null
}

/** Returns a string that identifies the person, for comparison; null for an anonymous session. */
function personOf(identity: Identity | null): string | null {
  return identity === null ? null : JSON.stringify([identity.providerId, identity.externalId])
}
